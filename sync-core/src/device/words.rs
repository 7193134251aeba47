//! The words of a framework: which a case uses, what a screen offers, and that what was chosen is among
//! them before it is written.

use crate::device::Device;
use crate::framework::{Framework, Word};
use crate::ids::CaseId;
use crate::record::kind::Compartment;
use crate::record::schema::{Fact, Fold};
use crate::store::Store;
use crate::time::Timestamp;
use crate::view::header;

/// Why a word is not to be written. What was typed is not repeated: it may be anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordError {
    /// The phone knows no such framework.
    #[error("this phone knows no such framework; there are {}", known.join(", "))]
    UnknownFramework {
        /// Those that it knows.
        known: Vec<String>,
    },
    /// The framework has no such stage or word.
    #[error("{framework} has no such {list}; it has {}", known.join(", "))]
    UnknownWord {
        /// The framework.
        framework: String,
        /// What it was meant as: a fact, or a list.
        list: String,
        /// The codes that it has.
        known: Vec<String>,
    },
}

impl<S: Store> Device<S> {
    /// The framework whose words a case uses: its stage's, or that of the authority that its cluster
    /// belongs to. None if neither is known here: then a person says which. Also of a case that is only
    /// in the directory.
    #[must_use]
    pub fn framework_in_use(&self, case: &CaseId) -> Option<String> {
        let case = self.case_now(*case).unwrap_or(*case);
        let team = self.own_record(case, Compartment::Team).ok();
        let own = team.and_then(|team| header(&team, &self.merging(&case)).framework);
        own.or_else(|| self.framework_of(&case).map(str::to_owned))
    }

    /// The framework that was asked for, or the case's as [`Device::framework_in_use`].
    ///
    /// # Errors
    /// [`WordError::UnknownFramework`] if another is asked for than the phone knows.
    pub fn framework_for(
        &self,
        case: &CaseId,
        asked: Option<&str>,
    ) -> Result<Option<String>, WordError> {
        let Some(asked) = asked else { return Ok(self.framework_in_use(case)) };
        if self.catalogue.ids().any(|id| id == asked) {
            return Ok(Some(asked.to_owned()));
        }
        let known = self.catalogue.ids().map(str::to_owned).collect();
        Err(WordError::UnknownFramework { known })
    }

    /// The edition of a framework that is in force at `now`, or its newest: so that a phone whose clock
    /// is wrong still has words and numbers.
    #[must_use]
    pub fn edition(&self, framework: &str, now: Timestamp) -> Option<&Framework> {
        let today = now.date().and_then(|day| self.catalogue.on(framework, day));
        today.or_else(|| self.catalogue.editions(framework).next())
    }

    /// What a screen offers for a fact, in the framework's order; none for a fact that is not said in a
    /// framework's words.
    #[must_use]
    pub fn words_for(&self, framework: &str, fact: Fact, now: Timestamp) -> Option<Vec<Word>> {
        let edition = self.edition(framework, now);
        match fact.fold() {
            Fold::HighestStage => {
                let stages = edition.iter().flat_map(|it| &it.stages);
                let word = |stage: &crate::framework::Stage| Word {
                    code: stage.code.clone(),
                    name: stage.name.clone(),
                    rank: stage.rank,
                };
                Some(stages.map(word).collect())
            }
            Fold::MostProtective(list) => {
                let list = edition.and_then(|it| it.lists.get(list));
                Some(list.map(|it| it.words.clone()).unwrap_or_default())
            }
            _ => None,
        }
    }

    /// Refuses a word that the framework has in no edition, for a fact that is said in a framework's
    /// words; lets every other pass.
    ///
    /// # Errors
    /// [`WordError::UnknownWord`], with the words that it has.
    pub fn check_word(
        &self,
        framework: &str,
        fact: Fact,
        word: &str,
        now: Timestamp,
    ) -> Result<(), WordError> {
        if self.catalogue.label(framework, fact, word).is_some() {
            return Ok(());
        }
        match self.words_for(framework, fact, now) {
            Some(known) => Err(unknown(framework, fact.name(), &known)),
            None => Ok(()),
        }
    }

    /// Refuses a word that the case's framework does not have in a list. A framework without the list
    /// leaves people their own words, and so does a case whose framework nobody has said.
    ///
    /// # Errors
    /// [`WordError::UnknownWord`], with the words that it has.
    pub fn check_listed(
        &self,
        case: &CaseId,
        list: &str,
        word: &str,
        now: Timestamp,
    ) -> Result<(), WordError> {
        match self.framework_in_use(case) {
            Some(framework) => self.check_listed_in(&framework, list, word, now),
            None => Ok(()),
        }
    }

    /// As [`Device::check_listed`], in a framework.
    ///
    /// # Errors
    /// [`WordError::UnknownWord`], with the words that it has.
    pub fn check_listed_in(
        &self,
        framework: &str,
        list: &str,
        word: &str,
        now: Timestamp,
    ) -> Result<(), WordError> {
        let listed = self.edition(framework, now).and_then(|edition| edition.lists.get(list));
        match listed {
            Some(listed) if !listed.words.iter().any(|known| known.code == word) => {
                Err(unknown(framework, &list.replace('_', " "), &listed.words))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a fact is said in a framework's words, so that what is written names the framework.
#[must_use]
pub const fn is_in_words(fact: Fact) -> bool {
    matches!(fact.fold(), Fold::HighestStage | Fold::MostProtective(_))
}

fn unknown(framework: &str, list: &str, known: &[Word]) -> WordError {
    WordError::UnknownWord {
        framework: framework.to_owned(),
        list: list.to_owned(),
        known: known.iter().map(|word| word.code.clone()).collect(),
    }
}

#[cfg(test)]
mod tests;
