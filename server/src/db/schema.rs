//! The tables as queries see them.
#![expect(missing_docs, reason = "columns are named in the migrations")]

diesel::table! {
    authorities (id) {
        id -> Binary,
        name -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    clusters (id) {
        id -> Binary,
        authority_id -> Binary,
        name -> Text,
        jurisdiction -> Text,
        lock_key -> BigInt,
        next_number -> BigInt,
        chain_head -> Binary,
        created_at -> BigInt,
    }
}

diesel::table! {
    agencies (id) {
        id -> Binary,
        slug -> Text,
        name -> Text,
        sensitive -> Bool,
        created_at -> BigInt,
    }
}

diesel::table! {
    users (id) {
        id -> Binary,
        sign_in -> Text,
        display_name -> Text,
        password_hash -> Text,
        phone -> Nullable<Text>,
        state -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    people_stamp (only_one) {
        only_one -> Integer,
        stamp -> BigInt,
    }
}

diesel::table! {
    memberships (user_id, cluster_id, role) {
        user_id -> Binary,
        cluster_id -> Binary,
        agency_id -> Binary,
        role -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    devices (id) {
        id -> Binary,
        user_id -> Binary,
        actor -> Binary,
        public_key -> Binary,
        name -> Text,
        state -> Text,
        enrolled_at -> BigInt,
        last_seen_at -> BigInt,
        clock_offset_ms -> Nullable<BigInt>,
        page_session -> Nullable<Binary>,
    }
}

diesel::table! {
    enrolment_codes (code_hash) {
        code_hash -> Binary,
        user_id -> Binary,
        issued_at -> BigInt,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
        device_id -> Nullable<Binary>,
    }
}

diesel::table! {
    sessions (id) {
        id -> Binary,
        user_id -> Binary,
        device_id -> Nullable<Binary>,
        started_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        revoked_why -> Nullable<Text>,
    }
}

diesel::table! {
    refresh_tokens (token_hash) {
        token_hash -> Binary,
        session_id -> Binary,
        issued_at -> BigInt,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
        successor_used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    page_sessions (token_hash) {
        token_hash -> Binary,
        user_id -> Binary,
        started_at -> BigInt,
        last_used_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    server_secrets (name) {
        name -> Text,
        bytes -> Binary,
        created_at -> BigInt,
    }
}

diesel::table! {
    device_actors (actor) {
        actor -> Binary,
        device_id -> Binary,
        registered_at -> BigInt,
    }
}

diesel::table! {
    device_contacts (device_id, cluster_id) {
        device_id -> Binary,
        cluster_id -> Binary,
        acknowledged -> BigInt,
        seen_at -> BigInt,
        agency_id -> Binary,
        roles -> Text,
    }
}

diesel::joinable!(memberships -> clusters (cluster_id));
diesel::joinable!(memberships -> agencies (agency_id));
diesel::joinable!(memberships -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(memberships, clusters, agencies, users, authorities);
