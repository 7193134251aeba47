//! What can be wrong with a server of clusters or with what it gave.

macro_rules! troubles {
    ($($(#[$doc:meta])* $name:ident $code:literal $words:literal;)*) => {
        /// What was wrong when a server of clusters was asked last. The codes are for ever.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
        pub enum Trouble { $($(#[$doc])* #[error($words)] $name,)* }

        impl Trouble {
            /// Everything that can be wrong.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code that is stored.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
        }
    };
}

troubles! {
    /// No answer, or half of one.
    Unreached "unreached" "cannot be reached, or its answer was cut: what was taken stays, ask again";
    /// Its certificate is of another authority, for another name, or out of date.
    Untrusted "untrusted" "shows a certificate that the file of its --ca does not vouch for";
    /// It does not know this server's key.
    NotAllowed "not_allowed" "lets nobody with this server's key collect: its operator must allow the key and start it again";
    /// It signs by another key.
    AnotherKey "another_key" "presents another key than the one you named";
    /// A signature that does not hold.
    Signature "signature" "gave figures whose signature does not hold";
    /// Nothing that this version reads.
    Odd "odd" "gave something that is no contribution of this version";
    /// For somebody else.
    NotOurs "not_ours" "gave figures of another server or for another authority";
    /// Something is missing between.
    Gap "gap" "gave figures that do not go on from those before";
    /// It knows less than it gave.
    WentBack "went_back" "knows less than it gave before, as after a restore from a backup";
    /// Something else is where something was.
    Contradicts "contradicts" "contradicts what it gave before";
    /// A cluster of another server.
    AnothersCluster "anothers_cluster" "gave figures of a cluster that another server gave before";
    /// Counts that cannot be.
    Unsound "unsound" "gave counts that do not add up";
}

impl Trouble {
    /// The trouble of this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_trouble_has_a_code_and_words_of_its_own() {
        let codes: BTreeSet<_> = Trouble::ALL.iter().map(|it| it.code()).collect();
        let words: BTreeSet<_> = Trouble::ALL.iter().map(ToString::to_string).collect();
        assert_eq!((codes.len(), words.len()), (Trouble::ALL.len(), Trouble::ALL.len()));
        assert!(Trouble::ALL.iter().all(|it| Trouble::from_code(it.code()) == Some(*it)));
    }
}
