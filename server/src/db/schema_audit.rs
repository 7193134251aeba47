//! The audit's tables as queries see them.
#![expect(missing_docs, reason = "columns are named in the migrations")]

diesel::table! {
    audit_waiting (id) {
        id -> Binary,
        cluster_id -> Binary,
        at -> BigInt,
        user_id -> Nullable<Binary>,
        device_id -> Nullable<Binary>,
        origin -> Text,
        act -> Text,
        outcome -> Text,
        case_id -> Nullable<Binary>,
        record_id -> Nullable<Binary>,
        subject -> Nullable<Binary>,
        detail -> Text,
        amount -> Nullable<BigInt>,
        claimed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    audit (cluster_id, number) {
        number -> BigInt,
        id -> Binary,
        cluster_id -> Binary,
        at -> BigInt,
        user_id -> Nullable<Binary>,
        device_id -> Nullable<Binary>,
        origin -> Text,
        act -> Text,
        outcome -> Text,
        case_id -> Nullable<Binary>,
        record_id -> Nullable<Binary>,
        subject -> Nullable<Binary>,
        detail -> Text,
        amount -> Nullable<BigInt>,
        claimed_at -> Nullable<BigInt>,
        chain -> Binary,
    }
}

diesel::table! {
    audit_heads (cluster_id) {
        cluster_id -> Binary,
        number -> BigInt,
        chain -> Binary,
        signed_at -> BigInt,
        signature -> Binary,
    }
}

diesel::table! {
    glasses (id) {
        id -> Binary,
        cluster_id -> Binary,
        case_id -> Binary,
        user_id -> Binary,
        door -> Text,
        reason -> Text,
        salt -> Binary,
        begun_at -> BigInt,
        ends_at -> BigInt,
    }
}

diesel::table! {
    legal_holds (id) {
        id -> Binary,
        cluster_id -> Binary,
        case_id -> Binary,
        set_by -> Binary,
        set_reason -> Text,
        set_at -> BigInt,
        lifted_by -> Nullable<Binary>,
        lifted_reason -> Nullable<Text>,
        lifted_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    audit_told (device_id) {
        device_id -> Binary,
        number -> BigInt,
    }
}

diesel::table! {
    alarms (record_id) {
        record_id -> Binary,
        cluster_id -> Binary,
        case_id -> Binary,
        author_id -> Binary,
        number -> BigInt,
        raised_at -> BigInt,
        heard_by -> Nullable<Binary>,
        heard_at -> Nullable<BigInt>,
    }
}
