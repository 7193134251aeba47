//! Tables of what is counted for an authority's own server, and of what that server collected.
#![expect(missing_docs, reason = "columns are named in the migrations")]

diesel::table! {
    collectors (authority_id) {
        authority_id -> Binary,
        public_key -> Binary,
        known_as -> Text,
        allowed_at -> BigInt,
    }
}

diesel::table! {
    contributions (authority_id, number) {
        authority_id -> Binary,
        number -> BigInt,
        period -> Text,
        body -> Text,
        signature -> Binary,
    }
}

diesel::table! {
    sources (id) {
        id -> Binary,
        authority_id -> Binary,
        name -> Text,
        address -> Text,
        trusted -> Text,
        public_key -> Binary,
        added_at -> BigInt,
        asked_at -> Nullable<BigInt>,
        trouble -> Nullable<Text>,
        goes_on_from -> Nullable<BigInt>,
    }
}

diesel::table! {
    collected (source_id, place) {
        source_id -> Binary,
        place -> BigInt,
        number -> BigInt,
        period -> Text,
        body -> Text,
        signature -> Binary,
        taken_at -> BigInt,
    }
}
