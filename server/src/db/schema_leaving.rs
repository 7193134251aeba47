//! The tables of leaving phones as queries see them.
#![expect(missing_docs, reason = "columns are named in the migrations")]

diesel::table! {
    device_marks (device_id, number) {
        device_id -> Binary,
        number -> Integer,
        state -> Text,
        marked_by -> Nullable<Binary>,
        marked_at -> BigInt,
    }
}

diesel::table! {
    erase_orders (id) {
        id -> Binary,
        device_id -> Binary,
        ordered_at -> BigInt,
        erased_at -> Nullable<BigInt>,
        receipt -> Nullable<Binary>,
    }
}

diesel::table! {
    kept_work (id) {
        id -> Binary,
        user_id -> Binary,
        device_id -> Binary,
        frame -> Binary,
        reason -> Text,
        arrived_at -> BigInt,
    }
}

diesel::table! {
    untrusted (id) {
        id -> Binary,
        device_id -> Binary,
        bytes -> Binary,
        arrived_at -> BigInt,
    }
}
