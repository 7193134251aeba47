//! The frameworks a phone or server knows, each in all its editions.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::framework::{Framework, FrameworkError, Stage, Word};
use crate::record::schema::{Fact, Fold};
use crate::time::Date;

const SHIPPED: [&str; 3] = [
    include_str!("../../../frameworks/east-lothian.toml"),
    include_str!("../../../frameworks/four-stage-neighbour.toml"),
    include_str!("../../../frameworks/england-caf.toml"),
];

/// Frameworks by id and first day. Words of an old edition keep their meaning: people asserted them.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Catalogue {
    editions: BTreeMap<String, BTreeMap<Date, Framework>>,
}

impl Catalogue {
    /// A catalogue that knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The frameworks that come with the program.
    ///
    /// # Errors
    /// [`FrameworkError`] for a shipped file that cannot be read; a test reads them all.
    pub fn shipped() -> Result<Self, FrameworkError> {
        // The texts are the program's own and never change: they are read once.
        static READ: OnceLock<Catalogue> = OnceLock::new();
        if let Some(catalogue) = READ.get() {
            return Ok(catalogue.clone());
        }
        let mut catalogue = Self::new();
        for text in SHIPPED {
            catalogue.add(Framework::parse(text)?)?;
        }
        Ok(READ.get_or_init(|| catalogue).clone())
    }

    /// Adds an edition. The same file twice is once.
    ///
    /// # Errors
    /// [`FrameworkError::TwoEditions`] if another text begins on the same day.
    pub fn add(&mut self, framework: Framework) -> Result<(), FrameworkError> {
        let editions = self.editions.entry(framework.id.clone()).or_default();
        let from = framework.effective_from;
        if editions.get(&from).is_some_and(|known| *known != framework) {
            return Err(FrameworkError::TwoEditions { id: framework.id, from });
        }
        editions.insert(from, framework);
        Ok(())
    }

    /// Every framework's id.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.editions.keys().map(String::as_str)
    }

    /// The framework of an authority under a law, by its newest edition; none where there is none, or
    /// more than one.
    #[must_use]
    pub fn of_authority(&self, authority: &str, jurisdiction: &str) -> Option<&str> {
        let newest = |id: &&str| self.editions(id).next();
        let is_its = |id: &&str| {
            newest(id)
                .is_some_and(|it| it.authority == authority && it.jurisdiction == jurisdiction)
        };
        let mut own = self.ids().filter(is_its);
        own.next().filter(|_| own.next().is_none())
    }

    /// The edition in force on `day`; none before the first.
    #[must_use]
    pub fn on(&self, id: &str, day: Date) -> Option<&Framework> {
        self.editions.get(id)?.range(..=day).next_back().map(|(_, framework)| framework)
    }

    /// All editions of a framework, newest first.
    pub fn editions(&self, id: &str) -> impl Iterator<Item = &Framework> {
        self.editions.get(id).into_iter().flat_map(|editions| editions.values().rev())
    }

    /// A stage by the newest edition that has it. No clock is asked: a wrong one must not change
    /// which stage holds.
    #[must_use]
    pub fn stage(&self, id: &str, code: &str) -> Option<&Stage> {
        self.editions(id).find_map(|framework| framework.stage(code))
    }

    /// A word of a list by the newest edition that has it.
    #[must_use]
    pub fn word(&self, id: &str, list: &str, code: &str) -> Option<&Word> {
        self.editions(id).find_map(|framework| framework.word(list, code))
    }

    /// What a screen shows for a fact's code in a framework's words, if it has one.
    #[must_use]
    pub fn label(&self, id: &str, fact: Fact, code: &str) -> Option<&str> {
        match fact.fold() {
            Fold::HighestStage => self.stage(id, code).map(|stage| stage.name.as_str()),
            Fold::MostProtective(list) => self.word_name(id, list, code),
            Fold::HighestOf(_) => self.word_name(id, fact.name(), code),
            _ => None,
        }
    }

    fn word_name(&self, id: &str, list: &str, code: &str) -> Option<&str> {
        self.word(id, list, code).map(|word| word.name.as_str())
    }
}
