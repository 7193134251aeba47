//! The tables of how somebody shows who they are as queries see them.
#![expect(missing_docs, reason = "columns are named in the migrations")]

diesel::table! {
    outside_accounts (issuer, subject) {
        issuer -> Text,
        subject -> Text,
        user_id -> Binary,
        linked_at -> BigInt,
    }
}

diesel::table! {
    second_factors (user_id) {
        user_id -> Binary,
        sealed -> Binary,
        begun_at -> BigInt,
        confirmed_at -> Nullable<BigInt>,
        last_step -> BigInt,
        wrong -> BigInt,
        wrong_at -> BigInt,
    }
}
