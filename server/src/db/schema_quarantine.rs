//! The quarantine's tables as queries see them.
#![expect(missing_docs, reason = "columns are named in the migrations")]

diesel::table! {
    quarantine (id) {
        id -> Binary,
        cluster_id -> Binary,
        case_id -> Binary,
        record_id -> Binary,
        actor -> Binary,
        user_id -> Binary,
        device_id -> Binary,
        batch_id -> Binary,
        first_seq -> Integer,
        length -> Integer,
        frame -> Binary,
        salts -> Binary,
        code -> Text,
        harm_since -> Nullable<BigInt>,
        arrived_at -> BigInt,
    }
}

diesel::table! {
    quarantine_decisions (quarantine_id) {
        quarantine_id -> Binary,
        number -> BigInt,
        released -> Bool,
        decided_by -> Binary,
        decided_at -> BigInt,
        reason -> Text,
    }
}

diesel::joinable!(quarantine_decisions -> quarantine (quarantine_id));
diesel::allow_tables_to_appear_in_same_query!(quarantine, quarantine_decisions);
