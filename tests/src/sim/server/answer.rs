//! What a request is answered, page by page as a server makes it: each page reads the database anew, so that
//! whatever others commit in between is there.

use std::collections::VecDeque;

use caseweave::db;
use caseweave::service::contact;
use caseweave::service::pull::cursor::Cursor;
use caseweave::service::pull::{self, Puller, Round};
use sync_core::ids::{DeviceId, UserId};
use sync_core::protocol::message::{Answer, ClusterCursor, Page, SyncRequest};
use sync_core::time::Timestamp;

use super::Server;
use crate::sim::plant::{self, Plant};
use crate::sim::promise::Violation;

/// An answer on its way.
#[derive(Debug)]
pub struct Answering {
    rounds: VecDeque<Round>,
    /// What the first page says of the changes that were brought.
    answers: Vec<Answer>,
    /// The only page of a phone that is sent nothing yet, while it has more to bring.
    alone: Option<Page>,
    /// A planted bug: pages that were made before their time.
    early: VecDeque<Page>,
}

impl Server {
    /// Begins to answer a request; none if the server died before.
    ///
    /// # Errors
    /// A failure of the product.
    pub fn begin_answer(
        &mut self,
        device: &DeviceId,
        request: &SyncRequest,
        answers: Vec<Answer>,
        now: Timestamp,
    ) -> Result<Option<Answering>, Violation> {
        let row = db::devices::by_id(&mut self.conn, device)?.ok_or(db::Error::Missing)?;
        let cursors = self.cursors(request, row.user)?;
        let puller = self.puller(device, request, (&cursors, row.user))?;
        let posts = db::memberships::of_user(&mut self.conn, &row.user)?;
        let asked = if request.more { &[] } else { cursors.as_slice() };
        let notes = contact::to_note(&mut self.conn, &puller, asked, &posts, now)?;
        if !notes.is_empty() && !self.commits() && !self.has_plant(Plant::AnswerFirst) {
            return Ok(None);
        }
        contact::note(&mut self.conn, device, &notes)?;
        let told = |it: &&ClusterCursor| puller.works || pull::is_sealed_for(&puller, it);
        let mut rounds = VecDeque::new();
        for asked in asked.iter().filter(told) {
            rounds.push_back(Round::begin(&mut self.conn, puller.clone(), asked, now)?);
        }
        let mut alone = Page { left: 1, ..Page::new(self.cluster, now) };
        for asked in cursors.iter().filter(told).filter(|_| request.more) {
            alone.cursor = pull::answered(&mut self.conn, &puller, asked)?.unwrap_or_default();
        }
        let alone = Some(alone).filter(|_| rounds.is_empty());
        Ok(Some(Answering { rounds, answers, alone, early: VecDeque::new() }))
    }

    /// The next page of an answer; none at its end.
    ///
    /// # Errors
    /// A failure of the product.
    pub fn next_page(
        &mut self,
        answering: &mut Answering,
        now: Timestamp,
    ) -> Result<Option<Page>, Violation> {
        if self.has_plant(Plant::AnswerStale) {
            while let Some(page) = self.make_page(answering, now)? {
                answering.early.push_back(page);
            }
            return Ok(answering.early.pop_front());
        }
        self.make_page(answering, now)
    }

    /// All pages that answer a request; none if the server died before.
    ///
    /// # Errors
    /// A failure of the product.
    pub fn pages(
        &mut self,
        device: &DeviceId,
        request: &SyncRequest,
        answers: Vec<Answer>,
        now: Timestamp,
    ) -> Result<Option<Vec<Page>>, Violation> {
        let begun = self.begin_answer(device, request, answers, now)?;
        let Some(mut answering) = begun else { return Ok(None) };
        let mut pages = Vec::new();
        while let Some(page) = self.next_page(&mut answering, now)? {
            pages.push(page);
        }
        Ok(Some(pages))
    }

    fn make_page(
        &mut self,
        answering: &mut Answering,
        now: Timestamp,
    ) -> Result<Option<Page>, Violation> {
        let mut made = answering.alone.take();
        while let (None, Some(round)) = (&made, answering.rounds.front_mut()) {
            made = round.page(&mut self.conn, now)?;
            if made.is_none() {
                answering.rounds.pop_front();
            }
        }
        Ok(made.map(|page| Page { answers: std::mem::take(&mut answering.answers), ..page }))
    }

    fn puller(
        &mut self,
        device: &DeviceId,
        request: &SyncRequest,
        (cursors, user): (&[ClusterCursor], UserId),
    ) -> Result<Puller, Violation> {
        Ok(Puller {
            user: self.reader(cursors, user)?,
            device: *device,
            cursor_key: self.cursor_key,
            log_id: self.log_id,
            fresh: [6; 16],
            whole: request.whole,
            works: self.principal(user)?.works_cases_in(self.cluster),
            catalogue: self.rules.catalogue.clone(),
            told: Default::default(),
            tails: self.tails.clone(),
            page_bytes: self.page_bytes,
        })
    }

    /// The cursors of a request, unless a bug is planted there.
    fn cursors(
        &mut self,
        request: &SyncRequest,
        user: UserId,
    ) -> Result<Vec<ClusterCursor>, Violation> {
        let mut cursors = request.cursors.clone();
        if self.has_plant(Plant::RestoreUnseen) && self.place.is_some() {
            let seal = (&self.cursor_key, &self.log_id);
            for asked in &mut cursors {
                plant::trust(&mut self.conn, asked, seal, &user)?;
            }
        }
        Ok(cursors)
    }

    /// Who is sent what they may read, unless a bug is planted there.
    fn reader(&mut self, cursors: &[ClusterCursor], user: UserId) -> Result<UserId, Violation> {
        if !self.has_plant(Plant::CursorOfAnother) {
            return Ok(user);
        }
        let people = db::memberships::colleagues(&mut self.conn, &self.cluster)?;
        let (key, log, cluster) = (&self.cursor_key, &self.log_id, &self.cluster);
        let opens =
            |who: &UserId, it: &ClusterCursor| Cursor::open(&it.cursor, key, log, (who, cluster));
        let owner = people
            .iter()
            .map(|it| it.user)
            .find(|who| cursors.iter().any(|it| opens(who, it).is_some()));
        Ok(owner.unwrap_or(user))
    }
}
