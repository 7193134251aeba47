//! The days in which what a server lost may still come from the phones that wrote it. They are counted by two
//! clocks, the server's and the phone's own, and are over when both say so: a clock that was ahead when they began
//! does not make them endless, and one that is behind for once does not end them.

use crate::engine::client::{ClientError, put_back_key};
use crate::ids::ClusterId;
use crate::limits::LOST_WORK_MS;
use crate::protocol::message::Page;
use crate::store::{Shelf, Store, Write};
use crate::time::Timestamp;

/// Where the days stand that a cluster's lost work has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Days {
    /// They are counted since these moments.
    Since(Moments),
    /// They are over.
    Over,
}

/// One moment by two clocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moments {
    /// What the server says that the time is.
    pub server: Timestamp,
    /// What the phone's clock shows.
    pub here: Timestamp,
}

impl Moments {
    /// A moment on which both clocks agree.
    #[must_use]
    pub const fn agreed(at: Timestamp) -> Self {
        Self { server: at, here: at }
    }

    fn earlier(self, other: Self) -> Self {
        Self { server: self.server.min(other.server), here: self.here.min(other.here) }
    }

    /// Whether lost work has had its time since then, by both clocks.
    const fn is_long_after(self, then: Self) -> bool {
        let (server, here) = (self.server.since_ms(then.server), self.here.since_ms(then.here));
        server >= LOST_WORK_MS && here >= LOST_WORK_MS
    }
}

/// How to write down that a server was put back; none of this cluster's days has passed.
pub(super) fn begin(cluster: &ClusterId, now: Moments) -> Write {
    let at = [now.server.0.to_be_bytes(), now.here.0.to_be_bytes()].concat();
    Write::Set(Shelf::Meta, put_back_key(cluster), at)
}

/// What a page's moment makes of the days that lost work of its cluster has; to be written before the page is read.
/// A clock that shows less than at the beginning was ahead then: by it they begin again.
///
/// # Errors
/// [`ClientError::Store`]
pub fn count_days(
    store: &dyn Store,
    page: &Page,
    here: Timestamp,
) -> Result<Option<Write>, ClientError> {
    let Some(Days::Since(since)) = Days::of(store, &page.cluster)? else { return Ok(None) };
    let now = Moments { server: page.now, here };
    if now.is_long_after(since) {
        let over = Write::Set(Shelf::Meta, put_back_key(&page.cluster), Vec::new());
        return Ok(Some(over));
    }
    let earlier = since.earlier(now);
    Ok((earlier != since).then(|| begin(&page.cluster, earlier)))
}

impl Days {
    /// None where the phone has not heard that a cluster's server was put back.
    pub(super) fn of(store: &dyn Store, cluster: &ClusterId) -> Result<Option<Self>, ClientError> {
        let kept = store.item(Shelf::Meta, &put_back_key(cluster))?;
        Ok(kept.map(|kept| Self::read(&kept)))
    }

    /// An app of before wrote one moment, the server's.
    fn read(kept: &[u8]) -> Self {
        let moment = |bytes: &[u8; 8]| Timestamp(i64::from_be_bytes(*bytes));
        let first = kept.first_chunk().map(moment);
        let Some(server) = first else { return Self::Over };
        let here = kept.last_chunk().map_or(server, moment);
        Self::Since(Moments { server, here })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::MemoryStore;

    const CLUSTER: ClusterId = ClusterId::from_bytes([1; 16]);
    const DAY: i64 = Timestamp::DAY_MS;

    /// What the days come to after pages at these moments, each in days by the server's clock and the phone's.
    fn after(pages: &[(i64, i64)]) -> Days {
        let mut store = MemoryStore::default();
        store.commit(&[begin(&CLUSTER, Moments::agreed(Timestamp(100 * DAY)))]).unwrap();
        for (server, here) in pages {
            let page = Page::new(CLUSTER, Timestamp(server * DAY));
            let counted = count_days(&store, &page, Timestamp(here * DAY)).unwrap();
            store.commit(&counted.into_iter().collect::<Vec<_>>()).unwrap();
        }
        Days::of(&store, &CLUSTER).unwrap().unwrap()
    }

    #[test]
    fn the_days_are_over_when_both_clocks_say_so() {
        assert_eq!(LOST_WORK_MS, 3 * DAY);
        assert_eq!(after(&[(103, 103), (50, 50)]), Days::Over, "and stay over");
        for pages in [[(102, 103)], [(103, 102)], [(900, 100)], [(100, 900)]] {
            let since = Moments::agreed(Timestamp(100 * DAY));
            assert_eq!(after(&pages), Days::Since(since), "{pages:?}");
        }
    }

    #[test]
    fn a_clock_that_is_wrong_neither_ends_them_nor_makes_them_endless() {
        for behind in [(90, 100), (100, 90)] {
            assert_ne!(after(&[behind, (101, 101)]), Days::Over, "{behind:?} ends them");
            assert_eq!(after(&[behind, (103, 103)]), Days::Over);
        }
        // It was ahead by twenty days when they began.
        for (ahead, past) in [((80, 100), (83, 103)), ((100, 80), (103, 83))] {
            assert_ne!(after(&[ahead]), Days::Over);
            assert_eq!(after(&[ahead, past]), Days::Over);
        }
    }

    #[test]
    fn the_moment_that_an_app_of_before_wrote_is_read() {
        let at = Timestamp(100 * DAY);
        assert_eq!(Days::read(&at.0.to_be_bytes()), Days::Since(Moments::agreed(at)));
    }
}
