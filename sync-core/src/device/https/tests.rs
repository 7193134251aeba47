//! That nobody waits for ever for a server that says nothing more.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use super::*;

/// What a server sends before it falls silent; it holds the line until the returned sender goes.
fn silent_after(sent: &'static str) -> (String, mpsc::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (hold, held) = mpsc::channel::<()>();
    thread::spawn(move || {
        let (mut line, _) = listener.accept().unwrap();
        read_head(&line);
        line.write_all(sent.as_bytes()).unwrap();
        // Until the test is over.
        let _over = held.recv();
    });
    (base, hold)
}

fn read_head(line: &TcpStream) {
    let mut lines = BufReader::new(line.try_clone().unwrap()).lines();
    while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
}

/// A way that gives a silent body up after so many milliseconds.
fn way(base: &str, silence_ms: u64) -> Https {
    use ureq::unversioned::resolver::DefaultResolver;
    use ureq::unversioned::transport::{Connector as _, DefaultConnector};
    let mut https = Https::new(base, None, None).unwrap();
    https.waits = Waits::of_silence(Duration::from_millis(silence_ms));
    let connector = DefaultConnector::new().chain(https.waits.clone());
    let config = https.agent.config().clone();
    https.agent = ureq::Agent::with_parts(config, connector, DefaultResolver::default());
    https
}

const BEGUN: &str = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf a page";

#[test]
fn a_body_that_stalls_ends() {
    let (base, _hold) = silent_after(BEGUN);
    let mut answer = way(&base, 600).exchange("", b"").unwrap();
    let (mut bytes, began) = (Vec::new(), Instant::now());
    assert!(answer.read_to_end(&mut bytes).is_err());
    assert_eq!(bytes, b"half a page", "what came before is kept");
    let waited = began.elapsed();
    assert!((Duration::from_millis(500)..Duration::from_secs(20)).contains(&waited), "{waited:?}");
}

#[test]
fn who_waits_for_a_body_or_for_its_beginning_can_be_stopped() {
    for sent in [BEGUN, ""] {
        let (base, _hold) = silent_after(sent);
        let mut https = way(&base, 60_000);
        let (stop, began) = (Stop::never(), Instant::now());
        https.stop_when(&stop);
        let later = stop.clone();
        let stopper = thread::spawn(move || {
            thread::sleep(Duration::from_millis(400));
            later.now();
        });
        let answer = https.exchange("", b"");
        let read = answer.and_then(|mut answer| {
            answer.read_to_end(&mut Vec::new()).map_err(|_| TransportError::Offline)
        });
        assert_eq!(read, Err(TransportError::Offline));
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        stopper.join().unwrap();
        assert!(https.exchange("", b"").is_err(), "it stays stopped");
    }
}

/// A server that lets go of so many lines before it answers one; how many it was asked by.
fn let_go(times: usize) -> (String, thread::JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let asked = thread::spawn(move || {
        for _ in 0..times {
            read_head(&listener.accept().unwrap().0);
        }
        let quiet = thread::spawn(move || {
            let (mut line, _) = listener.accept().unwrap();
            read_head(&line);
            line.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nhere").unwrap();
        });
        thread::sleep(Duration::from_millis(400));
        times + usize::from(quiet.is_finished())
    });
    (base, asked)
}

#[test]
fn a_line_that_the_server_lets_go_of_is_tried_once_more_and_not_for_ever() {
    let (base, asked) = let_go(1);
    let mut answer = way(&base, 600).exchange("", b"").unwrap();
    let mut words = String::new();
    answer.read_to_string(&mut words).unwrap();
    assert_eq!((words.as_str(), asked.join().unwrap()), ("here", 2));
    let (base, asked) = let_go(2);
    assert_eq!(way(&base, 600).exchange("", b"").err(), Some(TransportError::Offline));
    assert_eq!(asked.join().unwrap(), 2);
}

#[test]
fn what_the_server_says_of_an_enrolment_has_a_name() {
    let of = |status, code: &str| {
        let said = FailureDetail { code: code.into(), detail: "words".into() };
        EnrolError::from(NotDone::Refused(status, Some(said)))
    };
    assert!(matches!(of(401, "sign_in_failed"), EnrolError::SignIn));
    assert!(matches!(of(403, "code_used"), EnrolError::CodeUsed));
    assert!(matches!(of(429, "too_often"), EnrolError::TooOften));
    let other = of(403, "no_certificate");
    assert!(matches!(other, EnrolError::Transport(TransportError::Refused(_))), "{other:?}");
}
