//! Tables of figures and early warnings.
#![expect(missing_docs, reason = "columns are named in the migrations")]

diesel::table! {
    case_figures (case_id, measure, cell, day) {
        case_id -> Binary,
        cluster_id -> Binary,
        measure -> SmallInt,
        school -> Text,
        cell -> Text,
        day -> Integer,
        record_id -> Nullable<Binary>,
        counted -> BigInt,
        of_all -> BigInt,
    }
}

diesel::table! {
    figures (cluster_id, measure, school, cell, day) {
        cluster_id -> Binary,
        measure -> SmallInt,
        school -> Text,
        cell -> Text,
        day -> Integer,
        counted -> BigInt,
        of_all -> BigInt,
    }
}

diesel::table! {
    signals (case_id, sign, from_day) {
        case_id -> Binary,
        cluster_id -> Binary,
        sign -> SmallInt,
        from_day -> Integer,
        record_id -> Nullable<Binary>,
        scope_id -> Binary,
        why -> Text,
    }
}

diesel::table! {
    edition_counts (authority_id, period) {
        authority_id -> Binary,
        period -> Text,
        exact -> Text,
    }
}

diesel::table! {
    kept_from (case_id, user_id) {
        case_id -> Binary,
        cluster_id -> Binary,
        user_id -> Binary,
    }
}

diesel::allow_tables_to_appear_in_same_query!(case_figures, figures, signals, kept_from);
