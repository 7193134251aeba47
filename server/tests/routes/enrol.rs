use actix_web::http::StatusCode;
use caseweave::role::Role;
use serde_json::json;
use sync_core::time::Timestamp;

use crate::support::{Phone, START, assert_refused, servers};

#[actix_web::test]
async fn a_phone_is_enrolled_and_knows_its_user() {
    for server in servers() {
        let (_, answer) = server.enrolled().await;
        assert_eq!(answer["user"], json!(server.ada));
        assert_eq!(answer["display_name"], "Ada Morrison");
        assert_eq!(answer["agency"]["slug"], "health");
        assert_eq!(answer["clusters"][0]["name"], "Preston Lodge");
        assert_eq!(answer["clusters"][0]["roles"], json!(["practitioner"]));
        assert_eq!(answer["server_time"], START.0);
        let (status, me) = server.get("/v1/me", answer["access_token"].as_str().unwrap()).await;
        assert_eq!((status, &me["user"]), (StatusCode::OK, &json!(server.ada)));
    }
}

#[actix_web::test]
async fn a_lost_answer_is_given_again_to_the_same_phone_only() {
    for server in servers() {
        let (phone, code) = (Phone::new(1), server.code(&server.ada));
        let (_, first) = server.post("/v1/enrol", &phone.enrol(&code)).await;
        let (status, again) = server.post("/v1/enrol", &phone.enrol(&code)).await;
        assert_eq!((status, &again["device"]), (StatusCode::OK, &first["device"]));
        assert_ne!(again["refresh_token"], first["refresh_token"]);
        let other = server.post("/v1/enrol", &Phone::new(2).enrol(&code)).await;
        assert_refused(other, 403, "code_used");
    }
}

#[actix_web::test]
async fn a_wrong_old_or_foreign_code_enrols_nobody() {
    for server in servers() {
        let phone = Phone::new(1);
        let wrong = server.post("/v1/enrol", &phone.enrol("AAAAA-AAAAA")).await;
        assert_refused(wrong, 403, "code_unknown");

        let ben = server.add_user("Ben Rae", "ben", Role::Practitioner);
        let foreign = server.post("/v1/enrol", &phone.enrol(&server.code(&ben))).await;
        assert_refused(foreign, 403, "code_unknown");

        let code = server.code(&server.ada);
        server.pass(Timestamp::DAY_MS);
        assert_refused(server.post("/v1/enrol", &phone.enrol(&code)).await, 403, "code_expired");
    }
}

#[actix_web::test]
async fn a_code_may_be_typed_carelessly() {
    for server in servers() {
        let code = server.code(&server.ada).replace('-', " ").to_lowercase();
        let (status, _) = server.post("/v1/enrol", &Phone::new(1).enrol(&code)).await;
        assert_eq!(status, StatusCode::OK);
    }
}

#[actix_web::test]
async fn without_the_password_a_code_tells_nothing() {
    for server in servers() {
        let mut body = Phone::new(1).enrol(&server.code(&server.ada));
        body["password"] = json!("not the password");
        assert_refused(server.post("/v1/enrol", &body).await, 401, "sign_in_failed");
        body["code"] = json!("AAAAA-AAAAA");
        assert_refused(server.post("/v1/enrol", &body).await, 401, "sign_in_failed");
    }
}

#[actix_web::test]
async fn a_key_or_actor_enrols_once_and_must_be_sound() {
    for server in servers() {
        let (phone, _) = server.enrolled().await;
        let ben = server.add_user("Ben Rae", "ben", Role::Practitioner);
        let other = phone.enrol_as("ben", &server.code(&ben));
        assert_refused(server.post("/v1/enrol", &other).await, 409, "device_known");

        let mut weak = Phone::new(3).enrol(&server.code(&server.ada));
        // The neutral point: every signature fits it.
        weak["public_key"] = json!(format!("01{}", "00".repeat(31)));
        assert_refused(server.post("/v1/enrol", &weak).await, 400, "bad_key");
        weak["public_key"] = json!("01");
        assert_refused(server.post("/v1/enrol", &weak).await, 400, "bad_request");
    }
}

/// No revocation loses what is on a phone: with a new code it goes on as it was.
#[actix_web::test]
async fn a_phone_whose_session_was_revoked_goes_on_with_a_new_code() {
    for server in servers() {
        let (phone, first) = server.enrolled().await;
        let thief = Phone::new(9);
        let stolen = thief.refresh(&first["refresh_token"], &first["device"]);
        assert_refused(server.post("/v1/token", &stolen).await, 401, "session_revoked");
        let code = server.code(&server.ada);
        let (status, again) = server.post("/v1/enrol", &phone.enrol(&code)).await;
        assert_eq!((status, &again["device"]), (StatusCode::OK, &first["device"]));
        let (status, _) = server.get("/v1/me", again["access_token"].as_str().unwrap()).await;
        assert_eq!(status, StatusCode::OK);
        let old = server.get("/v1/me", first["access_token"].as_str().unwrap()).await;
        assert_refused(old, 401, "session_revoked");
        let other = server.post("/v1/enrol", &Phone::new(2).enrol(&code)).await;
        assert_refused(other, 403, "code_used");
    }
}
