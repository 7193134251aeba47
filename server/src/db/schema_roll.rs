//! The roll's tables as queries see them.
#![expect(missing_docs, reason = "columns are named in the migrations")]

use super::schema_log::access;

diesel::table! {
    schools (id) {
        id -> Binary,
        cluster_id -> Binary,
        name -> Text,
        sector -> Text,
    }
}

diesel::table! {
    pupils (id) {
        id -> Binary,
        school_id -> Binary,
        scheme -> Text,
        number -> Text,
        given_name -> Text,
        family_name -> Text,
        born -> Text,
        year_group -> Text,
        imported_at -> BigInt,
        looked_after -> Bool,
    }
}

diesel::table! {
    attendance (pupil_id, from_day) {
        pupil_id -> Binary,
        from_day -> Text,
        term -> Text,
        possible -> Integer,
        attended -> Integer,
    }
}

diesel::table! {
    exclusions (pupil_id, from_day) {
        pupil_id -> Binary,
        from_day -> Text,
        half_days -> Integer,
        cause -> Text,
    }
}

diesel::table! {
    extracts (case_id) {
        case_id -> Binary,
        cluster_id -> Binary,
        scope_id -> Binary,
        pupil_id -> Nullable<Binary>,
        number -> BigInt,
    }
}

diesel::table! {
    imports (id) {
        id -> Binary,
        cluster_id -> Binary,
        kind -> Text,
        digest -> Binary,
        began_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        line -> BigInt,
        added -> BigInt,
        changed -> BigInt,
        unchanged -> BigInt,
        refused -> BigInt,
        missing -> BigInt,
    }
}

diesel::table! {
    school_calendars (school_id) {
        school_id -> Binary,
        calendar -> Text,
    }
}

diesel::joinable!(school_calendars -> schools (school_id));
diesel::joinable!(pupils -> schools (school_id));
diesel::allow_tables_to_appear_in_same_query!(
    schools,
    pupils,
    attendance,
    exclusions,
    extracts,
    access,
    school_calendars,
);
