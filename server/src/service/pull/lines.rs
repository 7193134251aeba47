//! What a page brings beside records: people, lines of the directory, extracts of the pupil roll and warnings. Only
//! so much goes into one page: with the records after it, a phone must take it.

use sync_core::limits::PAGE_LINES_BYTES;
use sync_core::protocol::message::{DirectoryLine, ExtractLine, Page, WarningLine};

use super::cursor::Offset;
use super::{CLASSES, Round, people};
use crate::db::{self, Conn, Error};
use crate::ingest::warnings;
use crate::service::roll;

/// Directory lines in one page.
const LINES: i64 = 1_000;
/// What one person counts for in a page, about.
const PERSON_BYTES: usize = 100;
/// Extracts of the pupil roll in one page.
const EXTRACTS: i64 = 200;
/// What one of them counts for in a page, about.
const EXTRACT_BYTES: usize = 500;
/// Warnings to visitors in one page.
const WARNINGS: i64 = 100;
impl Round {
    /// Everybody who works in the cluster and its framework, if anything about them changed.
    pub(super) fn people(&mut self, conn: &mut Conn, page: &mut Page) -> Result<(), Error> {
        let known = self.cursor.people;
        if let Some(news) = people::news(conn, &self.puller, &self.cluster, known)? {
            self.cursor.people = news.mark;
            self.lines_bytes += news.people.len() * PERSON_BYTES;
            (page.people, page.framework) = (news.people, news.framework);
        }
        Ok(())
    }

    pub(super) fn directory(
        &mut self,
        conn: &mut Conn,
        after: i64,
        page: &mut Page,
    ) -> Result<bool, Error> {
        let range = (after, self.cursor.up_to);
        let rows = db::directory::changed(conn, &self.puller.user, &self.cluster, range, LINES)?;
        let full = rows.len() as i64 == LINES;
        for (number, bytes) in rows {
            if !self.takes(bytes.len()) {
                return Ok(false);
            }
            self.cursor.offset = Offset::Directory(number);
            let line: DirectoryLine =
                minicbor::decode(&bytes).map_err(|_| Error::Corrupt("line"))?;
            page.directory.push(line);
        }
        if !full {
            self.cursor.offset = Offset::Extracts(0);
        }
        Ok(!full)
    }

    /// What the pupil roll says, where a link or the right to see it is new.
    pub(super) fn extracts(
        &mut self,
        conn: &mut Conn,
        after: i64,
        page: &mut Page,
    ) -> Result<bool, Error> {
        let (user, range) = (&self.puller.user, (self.cursor.base, self.cursor.up_to));
        let whose = (user, &self.cluster);
        let rows = db::extracts::to_send(conn, whose, range, after, EXTRACTS)?;
        let full = rows.len() as i64 == EXTRACTS;
        for linked in rows {
            self.cursor.offset = Offset::Extracts(linked.number);
            let (catalogue, cluster) = (&self.puller.catalogue, &self.cluster);
            let of = |pupil| roll::extract(conn, catalogue, cluster, &pupil);
            let extract = linked.pupil.map(of).transpose()?;
            self.lines_bytes += EXTRACT_BYTES;
            page.extracts.push(ExtractLine { case: linked.case, extract });
        }
        if !full {
            self.cursor.offset = Offset::Warnings(0);
        }
        Ok(!full)
    }

    /// What visitors must know, where it or the right to know it is new.
    pub(super) fn warnings(
        &mut self,
        conn: &mut Conn,
        after: i64,
        page: &mut Page,
    ) -> Result<bool, Error> {
        let (user, range) = (self.puller.user, (self.cursor.base, self.cursor.up_to));
        let rows = db::warnings::to_send(conn, (&user, &self.cluster), range, after, WARNINGS)?;
        let full = rows.len() as i64 == WARNINGS;
        for (case, number, line) in rows {
            if !self.takes(line.len()) {
                return Ok(false);
            }
            self.cursor.offset = Offset::Warnings(number);
            page.warnings.push(WarningLine { case, warnings: warnings::read(&line)? });
        }
        if !full {
            let class = match db::access::began(conn, &user, &self.cluster, range)? {
                true => 0,
                false => CLASSES,
            };
            self.cursor.offset = Offset::Granted(class, -1, 0);
        }
        Ok(!full)
    }

    /// Whether a line of so many bytes goes into this page; the first one does, whatever its size.
    const fn takes(&mut self, bytes: usize) -> bool {
        let takes = self.lines_bytes == 0 || self.lines_bytes + bytes <= PAGE_LINES_BYTES;
        if takes {
            self.lines_bytes += bytes;
        }
        takes
    }
}
