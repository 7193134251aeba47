//! What is written down of one act, and by whom.

use std::collections::BTreeSet;

use sync_core::ids::{CaseId, ClusterId, DeviceId, RecordId, UserId};
use sync_core::policy::{Ground, Principal};
use sync_core::time::Timestamp;

use crate::db::audit::{AuditRow, OF_SERVER};
use crate::db::devices::Device;
use crate::db::{self, Conn, Error};
use crate::service::Refusal;

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident $code:literal $words:literal;)*) => {
        /// Everything that is written down. The codes are for ever.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Act { $($(#[$doc])* $name,)* }

        impl Act {
            /// Every act.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code that is stored.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What a screen shows.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)* }
            }
        }
    };
}

acts! {
    /// A password was given.
    SignIn "sign_in" "Signed in";
    /// A browser's session was ended.
    SignOut "sign_out" "Signed out";
    /// A phone was enrolled.
    Enrol "enrol" "Enrolled a phone";
    /// A session that was revoked, or a phone that may do nothing any more, asked for something.
    Session "session" "Came with a session or phone that may not";
    /// A phone's session was refused another token.
    Refresh "refresh" "Asked to go on with a phone's session";
    /// A phone brought changes.
    Push "push" "Brought changes";
    /// A phone was sent changes.
    Pull "pull" "Was sent changes";
    /// A case was opened.
    OpenCase "open_case" "Opened a case";
    /// A record was opened.
    OpenRecord "open_record" "Opened a record";
    /// The bytes of an attachment were opened.
    OpenAttachment "open_attachment" "Opened an attachment";
    /// A phone brought the bytes of an attachment.
    BringAttachment "bring_attachment" "Brought an attachment";
    /// A case or record was opened on a phone, which said so later.
    ReadOffline "read_offline" "Opened a case or record on the phone";
    /// What needs a person today.
    Worklist "worklist" "Saw the day's work";
    /// The caseload.
    Caseload "caseload" "Saw the caseload";
    /// What waits to be settled.
    Inbox "inbox" "Saw what waits to be settled";
    /// What the person must be told.
    Notices "notices" "Saw their notices";
    /// A name was looked for.
    Directory "directory" "Looked for a child's name";
    /// Work that waits for a reviewer.
    Quarantine "quarantine" "Saw what waits to be reviewed";
    /// A worker's cases, to be handed over.
    Handover "handover" "Saw a worker's cases";
    /// Exact figures.
    Figures "figures" "Saw figures";
    /// Published figures.
    Editions "editions" "Saw published figures";
    /// A period was closed.
    CloseEdition "close_edition" "Published figures";
    /// A period was counted for the authority's own server.
    CountFigures "count_figures" "Counted figures for the authority";
    /// Counted figures went to the authority's own server, or somebody else asked for them.
    GiveFigures "give_figures" "Gave figures to the authority's server";
    /// An authority's own server took a cluster's figures, or refused them.
    CollectFigures "collect_figures" "Collected figures of a cluster's server";
    /// Who may collect figures, or from whom they are collected.
    ChangeCollecting "change_collecting" "Changed who gives or collects figures";
    /// Something left as a file.
    Export "export" "Took a file";
    /// A reviewer decided about kept work.
    Decide "decide" "Decided about work that waited";
    /// A glass was broken.
    BreakGlass "break_glass" "Broke the glass";
    /// Governance opened a case on a request.
    OpenOnRequest "open_on_request" "Opened a case on a request";
    /// Somebody's roles changed.
    ChangeRole "change_role" "Changed somebody's role";
    /// A phone's state or a code for one.
    ChangeDevice "change_device" "Changed a phone's state";
    /// The list of phones.
    Devices "devices" "Saw phones and their states";
    /// Work that came back to its author.
    Returned "returned" "Saw their returned work";
    /// Posts that were proposed.
    Proposals "proposals" "Saw proposed posts";
    /// A phone that was marked gave up what it had.
    Surrender "surrender" "A marked phone came";
    /// A phone said that it was erased.
    Erased "erased" "A phone was erased";
    /// Alarms were read.
    Alarms "alarms" "Saw alarms of suspected harm";
    /// A duty officer took an alarm up.
    HearAlarm "hear_alarm" "Took up an alarm of suspected harm";
    /// A password was changed, by its owner or by the operator.
    Password "password" "Changed a password";
    /// An app for codes was begun, confirmed or taken away.
    SecondFactor "second_factor" "Changed an app for codes";
    /// An account of an outside sign-in was linked with a person, or taken away.
    LinkAccount "link_account" "Linked an account of an outside sign-in";
    /// A file of a school system was taken over.
    Import "import" "Took a school's file over";
    /// That nothing of a case may be erased was set.
    SetHold "set_hold" "Set a legal hold";
    /// That was taken back.
    LiftHold "lift_hold" "Lifted a legal hold";
    /// Holds were looked at.
    Holds "holds" "Saw legal holds";
    /// Everything held about a child was taken for an access request.
    AccessRequest "access_request" "Took everything held about a child, for an access request";
    /// People, their posts, agencies and teams were looked at.
    People "people" "Saw people and their posts";
    /// Local practice and how long records are kept were looked at.
    Practice "practice" "Saw local practice";
    /// The audit was read.
    ReadAudit "read_audit" "Read the audit";
}

impl Act {
    /// The act of this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|act| act.code() == code)
    }
}

/// From where a request came. An address itself would say where somebody lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Origin {
    /// The machine itself, or a proxy on it.
    Loopback,
    /// A network of the authority's.
    Private,
    /// Anywhere else.
    Public,
    /// The operator's command line.
    Console,
    /// It was not told.
    #[default]
    Unknown,
}

impl Origin {
    /// The code that is stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::Public => "public",
            Self::Console => "console",
            Self::Unknown => "unknown",
        }
    }

    /// The class of an address.
    #[must_use]
    pub const fn of(address: Option<std::net::IpAddr>) -> Self {
        use std::net::IpAddr::{V4, V6};
        match address {
            None => Self::Unknown,
            Some(V4(it)) if it.is_loopback() => Self::Loopback,
            Some(V6(it)) if it.is_loopback() => Self::Loopback,
            Some(V4(it)) if it.is_private() || it.is_link_local() => Self::Private,
            Some(V6(it)) if it.is_unique_local() || it.is_unicast_link_local() => Self::Private,
            Some(_) => Self::Public,
        }
    }
}

/// Who does something.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Who {
    /// The person; none for somebody unknown and for the operator.
    pub user: Option<UserId>,
    /// Their phone.
    pub device: Option<DeviceId>,
    /// Where they work: what belongs to no case is written down in each.
    pub clusters: BTreeSet<ClusterId>,
    /// From where.
    pub origin: Origin,
}

impl Who {
    /// Somebody with a session.
    #[must_use]
    pub fn of(principal: &Principal, device: Option<DeviceId>, origin: Origin) -> Self {
        let clusters = principal.memberships.iter().map(|it| it.cluster).collect();
        Self { user: Some(principal.user), device, clusters, origin }
    }

    /// Somebody by their id, where they have posts.
    ///
    /// # Errors
    /// The database's failure.
    pub fn known(conn: &mut Conn, user: &UserId, origin: Origin) -> Result<Self, Error> {
        let posts = db::memberships::of_user(conn, user)?;
        let clusters = posts.iter().map(|post| post.cluster).collect();
        Ok(Self { user: Some(*user), device: None, clusters, origin })
    }

    /// Somebody by the phone that has shown its key; nobody known if none has: what a stranger sends is
    /// never written down in the name of a phone's user.
    ///
    /// # Errors
    /// The database's failure.
    pub fn proved(conn: &mut Conn, phone: Option<&Device>, origin: Origin) -> Result<Self, Error> {
        Ok(match phone {
            Some(phone) => {
                Self { device: Some(phone.id), ..Self::known(conn, &phone.user, origin)? }
            }
            None => Self { origin, ..Self::default() },
        })
    }

    /// The operator of this server.
    #[must_use]
    pub fn operator() -> Self {
        Self { origin: Origin::Console, ..Self::default() }
    }
}

/// One act.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    act: Act,
    refused: Option<String>,
    clusters: BTreeSet<ClusterId>,
    case: Option<CaseId>,
    record: Option<RecordId>,
    subject: Option<[u8; 16]>,
    detail: String,
    amount: Option<i64>,
    claimed_at: Option<Timestamp>,
}

impl Note {
    /// An act that was done.
    #[must_use]
    pub const fn of(act: Act) -> Self {
        Self {
            act,
            refused: None,
            clusters: BTreeSet::new(),
            case: None,
            record: None,
            subject: None,
            detail: String::new(),
            amount: None,
            claimed_at: None,
        }
    }

    /// It was refused, with this code.
    #[must_use]
    pub fn refused(self, code: impl Into<String>) -> Self {
        Self { refused: Some(code.into()), ..self }
    }

    /// What came of it: done, or refused.
    #[must_use]
    pub fn came_of<T>(self, answer: &Result<T, Refusal>) -> Self {
        match answer {
            Ok(_) => self,
            Err(refusal) => self.refused(refusal.code()),
        }
    }

    /// It belongs to a cluster. Without one it is written down in each of the person's.
    #[must_use]
    pub fn in_cluster(mut self, cluster: ClusterId) -> Self {
        self.clusters.insert(cluster);
        self
    }

    /// It was about a case.
    #[must_use]
    pub fn in_case(self, case: CaseId) -> Self {
        Self { case: Some(case), ..self }
    }

    /// It was about a record.
    #[must_use]
    pub fn on_record(self, record: RecordId) -> Self {
        Self { record: Some(record), ..self }
    }

    /// It was about a record, wherever that is: in its case, if there is one of this id.
    ///
    /// # Errors
    /// The database's failure.
    pub fn where_record_is(self, conn: &mut Conn, record: RecordId) -> Result<Self, Error> {
        let note = self.on_record(record);
        Ok(match db::records::by_id(conn, &record)? {
            Some(row) => note.in_cluster(row.cluster).in_case(row.case),
            None => note,
        })
    }

    /// It was about somebody or something else.
    #[must_use]
    pub fn about(self, subject: [u8; 16]) -> Self {
        Self { subject: Some(subject), ..self }
    }

    /// A ground, a filter, codes with counts: never a name or a text of a record.
    #[must_use]
    pub fn with(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    /// The ground on which the policy allowed it.
    #[must_use]
    pub fn on(self, ground: Ground) -> Self {
        self.with(format!("as {}", ground.name()))
    }

    /// How many lines, changes or rows.
    #[must_use]
    pub fn counting(self, amount: usize) -> Self {
        Self { amount: i64::try_from(amount).ok(), ..self }
    }

    /// A phone says that it was then.
    #[must_use]
    pub fn claimed(self, at: Timestamp) -> Self {
        Self { claimed_at: Some(at), ..self }
    }

    /// The rows of it, one a cluster. `name` gives each its own name.
    fn rows(&self, who: &Who, at: Timestamp, mut name: impl FnMut() -> [u8; 16]) -> Vec<AuditRow> {
        let mut clusters = if self.clusters.is_empty() { &who.clusters } else { &self.clusters };
        let of_server = BTreeSet::from([OF_SERVER]);
        if clusters.is_empty() {
            clusters = &of_server;
        }
        let row = |cluster: &ClusterId| AuditRow {
            id: name(),
            cluster: *cluster,
            at,
            user: who.user,
            device: who.device,
            origin: who.origin.code().to_owned(),
            act: self.act.code().to_owned(),
            outcome: self.refused.clone().unwrap_or_else(|| DONE.to_owned()),
            case: self.case,
            record: self.record,
            subject: self.subject,
            detail: self.detail.clone(),
            amount: self.amount,
            claimed_at: self.claimed_at,
        };
        clusters.iter().map(row).collect()
    }
}

/// The outcome of what was done.
pub const DONE: &str = "done";

/// Writes down what somebody does at one request.
#[derive(Clone, Debug)]
pub struct Pen {
    who: Who,
    at: Timestamp,
    fresh: [u8; 16],
    used: u16,
}

impl Pen {
    /// A pen of somebody. `fresh` are random bytes of this request's.
    #[must_use]
    pub const fn new(who: Who, at: Timestamp, fresh: [u8; 16]) -> Self {
        Self { who, at, fresh, used: 0 }
    }

    /// The same pen in the hand of somebody who became known meanwhile.
    #[must_use]
    pub fn of(self, who: Who) -> Self {
        Self { who, ..self }
    }

    /// Whether the writer works in a cluster.
    #[must_use]
    pub fn works_in(&self, cluster: &ClusterId) -> bool {
        self.who.clusters.contains(cluster)
    }

    /// The rows of an act.
    pub fn rows(&mut self, note: &Note) -> Vec<AuditRow> {
        let (who, at, fresh, used) = (&self.who, self.at, self.fresh, &mut self.used);
        note.rows(who, at, || {
            // The last two bytes count: rows of one request differ in them only.
            let mut name = fresh;
            let count = u16::from_be_bytes([fresh[14], fresh[15]]).wrapping_add(*used);
            name[14..].copy_from_slice(&count.to_be_bytes());
            *used = used.wrapping_add(1);
            name
        })
    }

    /// Writes an act down in an open transaction, with what it does.
    ///
    /// # Errors
    /// The database's failure: then what it does must not happen either.
    pub fn write(&mut self, conn: &mut Conn, note: &Note) -> Result<(), Error> {
        self.rows(note).iter().try_for_each(|row| db::audit::insert(conn, row))
    }

    /// The same, handing on what came of the act.
    ///
    /// # Errors
    /// As [`Pen::write`].
    pub fn done<T>(&mut self, conn: &mut Conn, note: &Note, value: T) -> Result<Written<T>, Error> {
        self.write(conn, note)?;
        Ok(Written(value))
    }
}

/// What was done and has been written down in the same transaction.
#[derive(Debug)]
#[must_use]
pub struct Written<T>(T);

impl<T> Written<T> {
    /// What came of it.
    pub fn into_inner(self) -> T {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_has_a_code_and_words_of_its_own() {
        let codes: BTreeSet<_> = Act::ALL.iter().map(|act| act.code()).collect();
        let words: BTreeSet<_> = Act::ALL.iter().map(|act| act.words()).collect();
        assert_eq!((codes.len(), words.len()), (Act::ALL.len(), Act::ALL.len()));
        assert!(Act::ALL.iter().all(|act| Act::from_code(act.code()) == Some(*act)));
    }

    #[test]
    fn an_act_of_no_case_is_written_down_in_each_cluster_of_the_person() {
        let clusters = BTreeSet::from([1, 2].map(|n| ClusterId::from_bytes([n; 16])));
        let who = Who { clusters: clusters.clone(), ..Who::default() };
        let mut pen = Pen::new(who, Timestamp(1), [0xff; 16]);
        let rows = pen.rows(&Note::of(Act::Caseload).counting(3));
        assert_eq!(rows.iter().map(|row| row.cluster).collect::<BTreeSet<_>>(), clusters);
        assert_ne!(rows[0].id, rows[1].id);
        let one = pen.rows(&Note::of(Act::OpenCase).in_cluster(ClusterId::from_bytes([1; 16])));
        assert_eq!(one.len(), 1);
        let mut nobody = Pen::new(Who::default(), Timestamp(1), [1; 16]);
        assert_eq!(nobody.rows(&Note::of(Act::SignIn))[0].cluster, OF_SERVER);
    }

    #[test]
    fn an_address_is_written_down_as_its_class_only() {
        let class = |text: &str| Origin::of(text.parse().ok());
        assert_eq!(class("127.0.0.1"), Origin::Loopback);
        assert_eq!(class("10.1.2.3"), Origin::Private);
        assert_eq!(class("fd00::1"), Origin::Private);
        assert_eq!(class("203.0.113.9"), Origin::Public);
        assert_eq!(Origin::of(None), Origin::Unknown);
    }
}
