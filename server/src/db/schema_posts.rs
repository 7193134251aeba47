//! The tables of who was given which post as queries see them.
#![expect(missing_docs, reason = "columns are named in the migrations")]

use super::schema::{agencies, users};

diesel::table! {
    post_proposals (id) {
        id -> Binary,
        user_id -> Binary,
        cluster_id -> Binary,
        agency_id -> Binary,
        role -> Text,
        proposed_by -> Nullable<Binary>,
        proposed_at -> BigInt,
        decided_by -> Nullable<Binary>,
        decided_at -> Nullable<BigInt>,
        confirmed -> Nullable<Bool>,
    }
}

diesel::table! {
    post_history (user_id, cluster_id, role, from_number) {
        user_id -> Binary,
        cluster_id -> Binary,
        agency_id -> Binary,
        role -> Text,
        from_number -> BigInt,
        from_at -> BigInt,
        until_number -> Nullable<BigInt>,
        until_at -> Nullable<BigInt>,
    }
}

diesel::joinable!(post_history -> users (user_id));
diesel::joinable!(post_history -> agencies (agency_id));
diesel::allow_tables_to_appear_in_same_query!(post_history, users);
diesel::allow_tables_to_appear_in_same_query!(post_history, agencies);
