//! How typed values are spelled out: each field once, with its code in the schema.

/// A typed value and the entry that it becomes: fields by code, ascending.
macro_rules! contribution {
    (
        $(#[$doc:meta])*
        $name:ident in $collection:expr;
        { $($(#[$meta:meta])* $code:literal $field:ident: $type:ty,)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$meta])* pub $field: $type,)*
        }

        impl $crate::record::kinds::Contribution for $name {
            const COLLECTION: u8 = $collection;

            fn entry(&self) -> $crate::record::change::NewEntry {
                let mut fields = Vec::new();
                $($crate::record::kinds::field::Field::put(&self.$field, $code, &mut fields);)*
                $crate::record::change::NewEntry {
                    collection: $collection,
                    fields,
                    ..Default::default()
                }
            }

            fn read(entry: &$crate::record::entry::Entry) -> Option<Self> {
                if entry.collection != $collection {
                    return None;
                }
                Some(Self {
                    $($field: $crate::record::kinds::field::Field::get(entry.field($code))?,)*
                })
            }
        }
    };
}

/// A draft, and apart from what else it begins the record with, its fixed details: what
/// [`contribution!`] makes of the fields that have codes.
macro_rules! draft {
    (
        $(#[$doc:meta])*
        $draft:ident with $details:ident
        { $($(#[$meta:meta])* $code:literal $field:ident: $type:ty,)* }
        and
        { $($(#[$more_meta:meta])* $more:ident: $more_type:ty,)* }
    ) => {
        contribution! {
            /// What was fixed when the record was made.
            $details in $crate::record::schema::DETAILS;
            { $($(#[$meta])* $code $field: $type,)* }
        }

        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $draft {
            $($(#[$meta])* pub $field: $type,)*
            $($(#[$more_meta])* pub $more: $more_type,)*
        }

        impl $draft {
            /// What is fixed when the record is made.
            #[must_use]
            pub fn details(&self) -> $details {
                $details { $($field: self.$field.clone(),)* }
            }
        }
    };
}

/// One of a few words.
macro_rules! choice {
    (
        $(#[$doc:meta])*
        $name:ident { $($(#[$meta:meta])* $variant:ident $word:literal,)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$meta])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// Every choice.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word that a record holds.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl $crate::record::kinds::field::Scalar for $name {
            fn to_value(&self) -> $crate::record::value::Value {
                self.word().into()
            }

            fn of(value: &$crate::record::value::Value) -> Option<Self> {
                let word = value.as_text()?;
                Self::ALL.iter().copied().find(|choice| choice.word() == word)
            }
        }
    };
}
