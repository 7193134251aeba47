//! Which version of a record somebody had seen.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::DEPENDENCIES_PER_CHANGE;
use crate::record::history::ChangeName;
use crate::record::kinds::field::Scalar;
use crate::record::value::Value;

/// The last changes that somebody had seen of a record: everything in their past was seen, too.
/// Written as actor and number with a hyphen, ascending, with commas between.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Version(Vec<ChangeName>);

/// A text that names no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a version of a record")]
pub struct NotAVersion;

impl Version {
    /// The version of which these are the last changes.
    #[must_use]
    pub fn of(mut names: Vec<ChangeName>) -> Self {
        names.sort_unstable();
        names.dedup();
        Self(names)
    }

    /// The names of its last changes.
    #[must_use]
    pub fn names(&self) -> &[ChangeName] {
        &self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|(actor, seq)| format!("{actor}-{seq}")).collect();
        f.write_str(&names.join(","))
    }
}

impl FromStr for Version {
    type Err = NotAVersion;
    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        let name = |text: &str| {
            let (actor, seq) = text.split_once('-').ok_or(NotAVersion)?;
            Ok((actor.parse().map_err(|_| NotAVersion)?, seq.parse().map_err(|_| NotAVersion)?))
        };
        let names: Result<Vec<ChangeName>, NotAVersion> = text.split(',').map(name).collect();
        let version = Self::of(names?);
        // One spelling a version.
        let fits = version.0.len() <= DEPENDENCIES_PER_CHANGE && version.to_string() == text;
        if fits { Ok(version) } else { Err(NotAVersion) }
    }
}

impl Scalar for Version {
    fn to_value(&self) -> Value {
        self.to_string().into()
    }

    fn of(value: &Value) -> Option<Self> {
        value.as_text()?.parse().ok()
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Actor;

    #[test]
    fn a_version_has_one_spelling() {
        let name = |n, seq| (Actor::from_bytes([n; 16]), seq);
        let version = Version::of(vec![name(2, 1), name(1, 7), name(2, 1)]);
        assert_eq!(version.names(), [name(1, 7), name(2, 1)]);
        assert_eq!(version.to_string().parse(), Ok(version.clone()));
        let backwards = format!("{}-1,{}-7", name(2, 1).0, name(1, 7).0);
        assert_eq!(backwards.parse::<Version>(), Err(NotAVersion));
        assert_eq!("".parse::<Version>(), Err(NotAVersion));
    }
}
