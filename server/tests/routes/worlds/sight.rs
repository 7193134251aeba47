//! Everything that a reader can get, in words that compare.

use std::io::Cursor;

use actix_web::test::TestRequest;
use caseweave::service::{news, sessions};
use sync_core::protocol::stream::PageReader;
use sync_core::store::{Shelf, Store as _};

use crate::support::TestServer;
use crate::worker::Worker;

/// What was asked and what came.
pub(super) type Seen = (String, String);

/// The answer to an address, whole.
pub(super) async fn ask(server: &TestServer, path: &str, header: (&str, String)) -> Seen {
    let request = TestRequest::get().uri(path).insert_header(header);
    let (status, headers, body) = server.send_whole(request).await;
    let mut names: Vec<_> = headers
        .iter()
        .filter(|(name, _)| !["set-cookie", "x-request-id"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    names.sort();
    let body = without_form_codes(&String::from_utf8_lossy(&body));
    (path.to_owned(), format!("{status} {names:?}\n{body}"))
}

/// A form's code is random; its length is not.
fn without_form_codes(body: &str) -> String {
    const BEFORE: &str = "name=\"form_code\" value=\"";
    let mut pieces = body.split(BEFORE);
    let mut shown = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (code, rest) = piece.split_once('"').unwrap();
        shown.push_str(&format!("{BEFORE}{}\"{rest}", "x".repeat(code.len())));
    }
    shown
}

/// The pages of the last exchange: what is in them, how many bytes they are, how long a cursor is. Of a
/// cursor nothing else can be seen.
pub(super) fn pages(worker: &Worker) -> Vec<Seen> {
    let mut seen = Vec::new();
    for (n, body) in worker.answered.iter().enumerate() {
        let mut reader = PageReader::new(Cursor::new(body.clone())).unwrap();
        while let Some(mut page) = reader.page().unwrap() {
            page.cursor = vec![0; page.cursor.len()];
            let bytes = minicbor::to_vec(&page).unwrap().len();
            seen.push((format!("exchange {n}"), format!("{bytes} bytes: {page:?}")));
        }
    }
    seen
}

/// Whether a wait would wake the reader's phone now.
pub(super) fn wakes(server: &TestServer, worker: &mut Worker) -> Seen {
    let user = worker.user;
    let device = worker.phone();
    let clusters: Vec<_> = device.clusters().keys().copied().collect();
    let cursor = |cluster: &sync_core::ids::ClusterId| {
        let sealed = device.store().item(Shelf::Cursor, cluster.as_bytes()).unwrap();
        sealed.map(|sealed| (*cluster, sealed))
    };
    let cursors = clusters.iter().filter_map(cursor).collect();
    let secrets = &server.state.secrets;
    let keys = news::Keys { cursor_key: secrets.cursor_key, log_id: secrets.log_id };
    let conn = &mut server.conn();
    let standing = news::standing(conn, &keys, &user, &clusters, &cursors).unwrap();
    let waiting = news::Waiting {
        principal: sessions::person(conn, &user).unwrap().unwrap().principal(),
        device: Some(device.identity().device),
        catalogue: server.state.rules.catalogue.clone(),
        tails: server.state.tails.clone(),
    };
    let news = news::any(conn, &waiting, &standing, server.state.clock.now()).unwrap();
    ("a wait".to_owned(), format!("{news}"))
}
