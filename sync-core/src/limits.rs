//! Every bound in one place, with its unit and its reason.

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
/// Changes of one record: 30-150 a case a year, for a childhood, with room.
pub const CHANGES_PER_RECORD: usize = 20_000;
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
/// What a phone accepts as one page: a page may pass its size by one change of the largest size.
pub const PAGE_BYTES_MAX: usize = PAGE_BYTES + 2 * CHANGE_BYTES;
/// log2 of the compression window either end accepts: 1 MB fits a 2 GB phone many times over.
pub const ZSTD_WINDOW_LOG: u32 = 20;
/// Changes of one phone that wait for a reviewer: three months of a busy worker, and no more that a
/// hostile phone can leave behind. What finds no room stays on the phone and is pushed again.
pub const CHANGES_IN_REVIEW: usize = 4_000;
/// Cursors in one request: clusters one server hosts.
pub const CURSORS_PER_REQUEST: usize = 256;

const _: () = assert!(CHANGE_BYTES > STRING_BYTES);
const _: () = assert!(REQUEST_INFLATED_BYTES > CHANGE_BYTES);
const _: () = assert!(BATCH_BYTES <= REQUEST_BYTES);
