//! Bounds, each with its unit and its reason: all that phone and server share, and most that only one of
//! them asks for. What a server alone keeps in memory, exports or takes from a school's file is bounded in
//! `server/src/limits.rs`, which also counts the knocks that are bounded here.

use std::num::NonZeroU32;

/// Longest string in an entry, bytes: a long visit note is about 10 KB; 64 KB holds a pasted report.
pub const STRING_BYTES: usize = 64 * 1024;
/// Operations in one change: keeps the worst legal change under 30 ms in the document engine.
pub const OPERATIONS_PER_CHANGE: usize = 4_000;
/// Entries and splices in one change: one user action makes a handful.
pub const EDITS_PER_CHANGE: usize = 256;
/// Fields in one entry: the widest kind has 20.
pub const FIELDS_PER_ENTRY: usize = 48;
/// Assertions one assertion may replace: rivals on one fact, and a co-ordinator settles them all.
pub const REPLACES_PER_ENTRY: usize = 64;
/// Concurrent heads a change may depend on: phones of one team that were offline together.
pub const DEPENDENCIES_PER_CHANGE: usize = 32;
/// Bytes of one encoded change body: its strings and what surrounds them.
pub const CHANGE_BYTES: usize = 256 * 1024;
/// Changes of one record: 30-150 a case a year, for a childhood, with room. A phone reads no page that
/// names a later one.
pub const CHANGES_PER_RECORD: usize = 20_000;
/// Operations that a record may hold. A record is sealed whole when it has doubled: so many take a third of a second
/// of one core and 90 MB. It is 20,000 entries of the usual size, or a joint text of 64 KB written twice
/// over.
pub const OPERATIONS_PER_RECORD: u64 = 150_000;
/// Highest operation counter in a record. The engine counts in 32 bits and panics at the end of
/// them for everybody; this leaves four thousand times the longest honest history.
pub const OPERATION_COUNTER: u64 = 1 << 30;
/// Bytes of an envelope: ids and a framework's name.
pub const ENVELOPE_BYTES: usize = 1024;

/// Changes in one batch that a phone pushes.
pub const CHANGES_PER_BATCH: usize = 200;
/// Compressed bytes of one batch: a minute of 2G at 10 kbit/s.
pub const BATCH_BYTES: usize = 64 * 1024;
/// Body of one request, compressed bytes: a batch holds at least one change of the largest size.
pub const REQUEST_BYTES: usize = 1024 * 1024;
/// What a request may inflate to, bytes.
pub const REQUEST_INFLATED_BYTES: usize = 8 * 1024 * 1024;
/// One page of an answer, bytes before compression: stored in one transaction on a slow phone.
pub const PAGE_BYTES: usize = 256 * 1024;
/// People, lines of the directory, extracts and warnings in one page, bytes: with as many changes as go into one it
/// stays below what a phone accepts.
pub const PAGE_LINES_BYTES: usize = 128 * 1024;
/// Words in the warnings of one case, bytes: more than anybody reads before a door, and no more than a page takes.
pub const WARNINGS_BYTES: usize = 32 * 1024;
/// Reviewers' words about given back work in one page or one answer, bytes: a sentence each where there are
/// hundreds.
pub const REVIEWS_BYTES: usize = 64 * 1024;
/// What a phone accepts as one page: a page may pass its size by one change of the largest size.
pub const PAGE_BYTES_MAX: usize = PAGE_BYTES + 2 * CHANGE_BYTES;
/// log2 of the compression window either end accepts: 1 MB fits a 2 GB phone many times over.
pub const ZSTD_WINDOW_LOG: u32 = 20;
/// Changes of one phone that wait for a reviewer: three months of a busy worker, and no more that a
/// hostile phone can leave behind. What finds no room stays on the phone and is pushed again.
pub const CHANGES_IN_REVIEW: usize = 4_000;
/// Actors that a phone names in one request: one each time that it was restored or work came back;
/// all of them only to a server that was itself restored.
pub const ACTORS_PER_CLAIM: usize = 256;
/// Actors that a phone may have gone on as since the copy that it was put back to: as many are looked for in
/// its own work that comes, one for each time that work came back.
pub const OWN_ACTORS_AHEAD: usize = 256;
/// Actors of one phone: one a day for ten years. More would let a hostile phone fill the table.
pub const ACTORS_PER_DEVICE: usize = 4_000;
/// How long what a server lost may still come from the phone that wrote it, milliseconds, since a phone
/// heard that the server was put back to a backup: three days, a weekend and the call to sync after it.
pub const LOST_WORK_MS: i64 = 3 * 24 * 60 * 60 * 1000;
/// How long work that its author has thrown away can be got back, milliseconds: thirty days.
pub const DISCARDED_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// Days a phone may go on reading without contact where no framework says how many: a fortnight's leave
/// in the hills, and not a whole term.
pub const OFFLINE_LEASE_DAYS: u32 = 14;
/// Shortest PIN or passphrase that locks a phone's data, characters: with ten tries, a million PINs
/// leave a finder one chance in a hundred thousand.
pub const PIN_CHARS: usize = 6;
/// Wrong PINs in a row after which a phone must be in contact: enough for cold fingers and an old PIN.
pub const PIN_TRIES: u8 = 10;
/// Memory that one try of a PIN takes, KiB: OWASP's least for Argon2id. A 2 GB phone has it free beside
/// a camera and a map; more would have the system close other apps.
pub const PIN_MEMORY_KIB: u32 = 19 * 1024;
/// Passes over that memory, OWASP's number for it: a fifth of a second on a slow phone.
pub const PIN_PASSES: u32 = 2;
/// Lanes of that memory: a slow phone gains nothing from threads, and who guesses would.
pub const PIN_LANES: u32 = 1;
/// The most memory that a file may ask for, KiB: a later app may ask for more than this one does, and
/// a damaged file must not take the phone down.
pub const PIN_MEMORY_KIB_MAX: u32 = 256 * 1024;
/// The most passes that a file may ask for: as above.
pub const PIN_PASSES_MAX: u32 = 16;
/// How far the latest moment that a phone has seen may grow before it is written down, milliseconds:
/// it is asked at each opening, and reading should rarely cost a write.
pub const LEASE_NOTE_MS: i64 = 10 * 60 * 1000;
/// Cursors in one request: clusters one server hosts.
pub const CURSORS_PER_REQUEST: usize = 256;

/// How old a row of the audit may grow before it is linked into its chain, milliseconds: they are linked
/// each second, and five times that is an alarm.
pub const AUDIT_TAIL_MS: i64 = 5_000;
/// Rows of the audit in one answer: what a screen scrolls through.
pub const AUDIT_LINES: usize = 200;
/// Rows of the audit in one file: a busy cluster's month; more is asked for month by month.
pub const AUDIT_EXPORT_ROWS: usize = 50_000;
/// How long a broken glass stays open, milliseconds: a night's call and the visit after it.
pub const GLASS_MS: i64 = 2 * 60 * 60 * 1000;
/// How long a case stays open to information governance on one request, milliseconds: a working day.
pub const REQUEST_MS: i64 = 8 * 60 * 60 * 1000;
/// How long a team is told of a broken glass, milliseconds: two weeks, so that leave is covered.
pub const GLASS_TOLD_MS: i64 = 14 * 24 * 60 * 60 * 1000;
/// How long an alarm that a duty officer has is still shown, milliseconds: a week of shifts.
pub const ALARMS_SHOWN_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// Longest reason for opening a case, bytes: a few sentences.
pub const REASON_BYTES: usize = 2_000;
/// Openings that a phone remembers until it has told them: three months of a busy worker's days. The
/// oldest are forgotten first, and one that says how many were.
pub const OPENINGS_KEPT: usize = 4_000;
/// Openings told in one request: 100 bytes each.
pub const OPENINGS_TOLD: usize = 500;

/// A browser's session without a request, milliseconds: twenty minutes, a telephone call about a
/// child, but not a lunch beside an open screen. Pages hold nothing typed that could be lost.
pub const PAGE_SESSION_IDLE_MS: i64 = 20 * 60 * 1000;
/// A browser's session at most, milliseconds: a long working day.
pub const PAGE_SESSION_MS: i64 = 12 * 60 * 60 * 1000;
/// How stale the note of a browser's last request may grow before it is written again,
/// milliseconds: reading a page should rarely cost a write.
pub const PAGE_SESSION_NOTE_MS: i64 = 60 * 1000;
/// Body of a form on a page, bytes: a name, a password of the longest sort, an address.
pub const FORM_BYTES: usize = 8 * 1024;
/// Children on one page of a caseload: what prints on two sheets.
pub const CASES_PER_PAGE: usize = 50;
/// Lines of a chronology shown at first: two years of a busy case; the rest is a link away.
pub const CHRONOLOGY_LINES: usize = 200;

/// How long the body of an answer may bring nothing, milliseconds: a line of 2G pauses for some seconds
/// when it changes its mast, and after half a minute it is dead. The sync then ends and can go on.
pub const BODY_SILENCE_MS: u64 = 30_000;
/// How often whoever waits for the server is asked whether to stop, milliseconds: a person who taps
/// "stop" sees it happen.
pub const WAIT_STEP_MS: u64 = 250;

/// Pieces of returned work that one retired phone hands over: as many as may wait for a reviewer. What
/// finds no room stays on the phone, which is not erased then.
pub const KEPT_PIECES: usize = 4_000;
/// Messages kept of one phone that was reported stolen: enough to see that it was used, 16 MB at most.
pub const UNTRUSTED_MESSAGES: i64 = 16;

/// How often something may be tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Knocks {
    /// Tries at once.
    pub at_once: NonZeroU32,
    /// Milliseconds after which there is one more.
    pub one_per_ms: NonZeroU32,
}

/// Passwords for one account from one address: ten spellings of a forgotten one, then one in half a
/// minute, 2,900 a day of the ten thousand million million that a made password has.
pub const SIGN_INS: Knocks = knocks(10, 30_000);
/// Passwords from one address, right or wrong: a whole area team arrives at an office in the morning.
pub const ADDRESS_SIGN_INS: Knocks = knocks(150, 1_000);
/// Requests in a phone's name, from one address, whose signature is not the phone's: no honest phone sends
/// one. Each costs the server one look and a row in the audit; phones behind the same address are counted
/// by themselves.
pub const UNPROVED: Knocks = knocks(100, 1_000);
/// Requests of one phone: three months without signal are some fifty batches, a line that breaks
/// doubles them; then five a second.
pub const DEVICE_EXCHANGES: Knocks = knocks(500, 200);
/// Wrong codes of an app in a row after which the next one must wait: some misread, some clocks are off.
pub const CODE_TRIES: i64 = 5;
/// How long the first time, milliseconds; then twice as long each time.
pub const CODE_WAIT_MS: i64 = 30_000;
/// How long at most, milliseconds: a hundred guesses a day of a million codes.
pub const CODE_WAIT_MAX_MS: i64 = 15 * 60 * 1000;
/// Keys of each count that are held apart, about 100 bytes each: the workers of a large city. More are
/// counted together until some are at rest.
pub const LIMITED_KEYS: usize = 50_000;
/// Pushes of one phone under way: the one that is judged, and the repeat of one whose line broke. More
/// are told to come again.
pub const PUSHES_PER_DEVICE: usize = 2;
/// Questions of one person that the database answers at a time: a quarter of its connections, so that
/// four people who never stop asking leave none of the others waiting for long.
pub const READS_AT_ONCE: usize = 2;
/// Questions of one person under way, with those that wait: a page and its phone ask a handful. More are
/// told to come again.
pub const READS_PER_PERSON: usize = 24;

/// What is being typed on one screen of a phone, bytes: the longest text of a record and what its form
/// asks beside it.
pub const DRAFT_BYTES: usize = 256 * 1024;
/// Screens on which something is being typed and was neither saved nor thrown away: a caseload's worth.
pub const DRAFTS: usize = 500;

/// A photo, bytes: 12 megapixels at the quality of a phone's camera take 3 to 6 MB.
pub const PHOTO_BYTES: u32 = 8 * 1024 * 1024;
/// A voice note, bytes: an hour of speech as phones record it, or one minute uncompressed.
pub const VOICE_NOTE_BYTES: u32 = 10 * 1024 * 1024;
/// The marks of a body map, bytes: some hundred marks with a line of words each.
pub const BODY_MAP_BYTES: u32 = 64 * 1024;
/// Marks of one body map: more than anybody draws.
pub const BODY_MAP_MARKS: usize = 256;
/// Bytes of an attachment in one row, one sealed piece of a file and one request at the least: a minute of
/// 2G, so that a cut costs no more than that.
pub const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks of an attachment in one request at most: on a good line, fewer round trips.
pub const CHUNKS_PER_PIECE: usize = 8;
/// Pieces of attachments that one phone brings or fetches: a day's photos at once, then ten a second.
pub const ATTACHMENT_PIECES: Knocks = knocks(2_000, 100);

const fn knocks(at_once: u32, one_per_ms: u32) -> Knocks {
    match (NonZeroU32::new(at_once), NonZeroU32::new(one_per_ms)) {
        (Some(at_once), Some(one_per_ms)) => Knocks { at_once, one_per_ms },
        _ => Knocks { at_once: NonZeroU32::MIN, one_per_ms: NonZeroU32::MIN },
    }
}

const _: () = assert!(WAIT_STEP_MS < BODY_SILENCE_MS);
const _: () = assert!(SIGN_INS.at_once.get() < ADDRESS_SIGN_INS.at_once.get());
const _: () = assert!(PAGE_SESSION_NOTE_MS * 2 < PAGE_SESSION_IDLE_MS);
const _: () = assert!(PAGE_SESSION_IDLE_MS < PAGE_SESSION_MS);
const _: () =
    assert!(PAGE_LINES_BYTES + WARNINGS_BYTES + REVIEWS_BYTES + 2 * CHANGE_BYTES < PAGE_BYTES_MAX);
const _: () = assert!(CHANGE_BYTES > STRING_BYTES);
const _: () = assert!(REQUEST_INFLATED_BYTES > CHANGE_BYTES);
const _: () = assert!(BATCH_BYTES <= REQUEST_BYTES);
const _: () = assert!(CHUNK_BYTES * CHUNKS_PER_PIECE <= REQUEST_BYTES);
const _: () = assert!(BODY_MAP_BYTES as usize <= CHUNK_BYTES);
