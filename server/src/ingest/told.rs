//! Up to where a process has told those who wait of what was committed, where other processes commit to the
//! same database: by how many numbers all logs had given then.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What was told of. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Told(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// None before anybody asked.
    numbers: Option<i64>,
    own: u64,
}

/// How many groups this process had committed when the database was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Asked(u64);

impl Told {
    /// Before the database is asked.
    pub(super) fn asking(&self) -> Asked {
        Asked(self.held().own)
    }

    /// This process committed, and found so many numbers given after it: of all of them it tells itself.
    pub(super) fn of_own(&self, numbers: i64) {
        let mut held = self.held();
        held.numbers = Some(numbers);
        held.own += 1;
    }

    /// Whether so many numbers are news. What was asked before a commit of this process's is as old as that and
    /// says nothing: it is asked again soon.
    pub(super) fn is_news(&self, asked: Asked, numbers: i64) -> bool {
        let mut held = self.held();
        let before = if held.own == asked.0 { held.numbers.replace(numbers) } else { None };
        before.is_some_and(|before| before != numbers)
    }

    fn held(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_commits_are_news_once_and_own_ones_never() {
        let told = Told::default();
        assert!(!told.is_news(told.asking(), 7), "what was there before this process");
        assert!(told.is_news(told.asking(), 8));
        assert!(!told.is_news(told.asking(), 8));
        told.of_own(11);
        assert!(!told.is_news(told.asking(), 11));
        assert!(told.is_news(told.asking(), 12));
    }

    #[test]
    fn an_answer_older_than_an_own_commit_hides_nothing_that_came_later() {
        let told = Told::default();
        assert!(!told.is_news(told.asking(), 7));
        let asked = told.asking();
        told.of_own(9);
        assert!(!told.is_news(asked, 7));
        assert!(!told.is_news(asked, 10), "not known whether before or after");
        assert!(told.is_news(told.asking(), 10), "another's, found when it is asked again");
    }
}
