//! The log's tables as queries see them.
#![expect(missing_docs, reason = "columns are named in the migrations")]

diesel::table! {
    cases (id) {
        id -> Binary,
        cluster_id -> Binary,
        begun_number -> BigInt,
    }
}

diesel::table! {
    records (id) {
        id -> Binary,
        cluster_id -> Binary,
        case_id -> Binary,
        scope_id -> Binary,
        kind -> SmallInt,
        envelope -> Binary,
        first_number -> BigInt,
        last_number -> BigInt,
        length -> Integer,
    }
}

diesel::table! {
    batches (id) {
        id -> Binary,
        cluster_id -> Binary,
        device_id -> Binary,
        signature -> Binary,
        signed -> Binary,
        arrived_at -> BigInt,
    }
}

diesel::table! {
    log (cluster_id, number) {
        cluster_id -> Binary,
        number -> BigInt,
        record_id -> Binary,
        position -> Integer,
        actor -> Binary,
        seq -> Integer,
        deps -> Nullable<Binary>,
        body -> Binary,
        hash -> Binary,
        user_id -> Binary,
        device_id -> Binary,
        arrived_at -> BigInt,
        epoch -> Integer,
    }
}

diesel::table! {
    log_proofs (cluster_id, number) {
        cluster_id -> Binary,
        number -> BigInt,
        batch_id -> Binary,
        salt -> Nullable<Binary>,
        salted -> Binary,
        chain -> Binary,
    }
}

diesel::table! {
    log_marks (cluster_id, number) {
        cluster_id -> Binary,
        number -> BigInt,
        mark -> Binary,
    }
}

diesel::table! {
    access (user_id, scope_id, since) {
        user_id -> Binary,
        scope_id -> Binary,
        since -> BigInt,
        cluster_id -> Binary,
        case_id -> Binary,
        resume_from -> BigInt,
        until -> Nullable<BigInt>,
        ended -> Nullable<Text>,
    }
}

diesel::table! {
    barred (user_id, case_id) {
        user_id -> Binary,
        case_id -> Binary,
        number -> BigInt,
    }
}

diesel::table! {
    warnings (case_id) {
        case_id -> Binary,
        cluster_id -> Binary,
        scope_id -> Binary,
        number -> BigInt,
        line -> Binary,
    }
}

diesel::table! {
    directory (case_id) {
        case_id -> Binary,
        cluster_id -> Binary,
        first_number -> BigInt,
        number -> BigInt,
        line -> Binary,
    }
}

diesel::table! {
    record_views (record_id) {
        record_id -> Binary,
        case_id -> Binary,
        cluster_id -> Binary,
        scope_id -> Binary,
        kind -> SmallInt,
        safety_conflicts -> Integer,
        routine_conflicts -> Integer,
        harm_since -> Nullable<BigInt>,
        happened_at -> Nullable<BigInt>,
        view -> Text,
        gist -> Binary,
    }
}

diesel::table! {
    case_views (case_id) {
        case_id -> Binary,
        cluster_id -> Binary,
        name -> Text,
        school -> Text,
        stage -> Text,
        framework -> Text,
        stage_disputed -> Bool,
        lead_professional -> Nullable<Binary>,
        is_open -> Bool,
        view -> Text,
    }
}

diesel::table! {
    moves (record_id) {
        record_id -> Binary,
        to_record_id -> Binary,
    }
}

diesel::table! {
    withdrawn (user_id, record_id) {
        user_id -> Binary,
        record_id -> Binary,
        cluster_id -> Binary,
        number -> BigInt,
    }
}

diesel::table! {
    attachments (record_id) {
        record_id -> Binary,
        digest -> Binary,
        bytes -> BigInt,
        salt -> Binary,
        begun_at -> BigInt,
        arrived_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    editions (authority_id, period) {
        authority_id -> Binary,
        period -> Text,
        closed_at -> BigInt,
        figures -> Text,
    }
}

diesel::joinable!(log -> records (record_id));
diesel::allow_tables_to_appear_in_same_query!(
    log, records, access, log_proofs, barred, directory, moves, warnings, withdrawn
);
