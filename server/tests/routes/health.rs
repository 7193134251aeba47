use actix_web::http::StatusCode;
use actix_web::test::TestRequest;

use crate::support::servers;

#[actix_web::test]
async fn the_server_says_that_it_lives_and_can_serve() {
    for server in servers() {
        for path in ["/healthz", "/readyz"] {
            let (status, _) = server.send_raw(TestRequest::get().uri(path)).await;
            assert_eq!(status, StatusCode::OK, "{path}");
        }
    }
}

#[actix_web::test]
async fn measures_name_routes_and_no_people() {
    for server in servers() {
        server.send_raw(TestRequest::get().uri("/v1/me?child=Isla")).await;
        let (status, body) = server.send_raw(TestRequest::get().uri("/metrics")).await;
        let text = String::from_utf8(body).unwrap();
        assert_eq!(status, StatusCode::OK);
        assert!(text.contains("caseweave_requests_total"), "{text}");
        assert!(text.contains("route=\"/v1/me\""), "{text}");
        assert!(!text.contains("Isla"), "{text}");
    }
}

#[actix_web::test]
async fn measures_are_for_the_machine_itself() {
    for server in servers() {
        let ask = |peer: &str| {
            let peer = peer.parse().unwrap();
            server.send_raw(TestRequest::get().uri("/metrics").peer_addr(peer))
        };
        for here in ["127.0.0.1:9", "[::1]:9", "[::ffff:127.0.0.1]:9"] {
            assert_eq!(ask(here).await.0, StatusCode::OK, "{here}");
        }
        for elsewhere in ["192.0.2.7:9", "[2001:db8::7]:9"] {
            assert_eq!(ask(elsewhere).await.0, StatusCode::NOT_FOUND, "{elsewhere}");
        }
    }
}
