//! Databases that somebody else holds: a safe wait, clear words, and then it goes on.

use std::sync::mpsc;
use std::thread;

use caseweave::db::{self, Conn, write_tx};
use system_tests::live::raw::Raw;
use system_tests::live::{Failed, Staff, newer};

use super::database::on_each;

const IONA: Staff = Staff { name: "iona", agency: "health", role: "practitioner" };
const LENA: Staff = Staff { name: "lena", agency: "education", role: "cluster_lead" };
const BEGIN: [&str; 6] = ["case", "begin", "--given-name", "Eilidh", "--family-name", "Ross"];

#[test]
fn a_phone_whose_data_another_program_holds_says_so_and_keeps_the_words() -> Result<(), Failed> {
    on_each(|server| {
        let phone = server.staff(&[IONA])?.remove(0);
        let case = phone.run(&BEGIN)?["case"].as_str().ok_or("no case")?.to_owned();
        let visit = ["visit", &case, "--at", "2026-11-20", "--text", "The stairs were dark."];
        let key = std::fs::read(phone.home().join("phone.key"))?;
        let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let other = rusqlite::Connection::open(phone.home().join("phone.db"))?;
        other.execute_batch(&format!("PRAGMA key = \"x'{key}'\"; BEGIN IMMEDIATE;"))?;
        let (code, said) = phone.refuse(&visit)?;
        assert_eq!(code, 2, "{said}");
        assert!(said.contains("another program is using the phone's data"), "{said}");
        assert!(said.contains("Not saved:\nThe stairs were dark."), "{said}");
        let (_, said) = phone.refuse(&["sync"])?;
        assert!(said.contains("another program is using the phone's data"), "{said}");
        other.execute_batch("ROLLBACK")?;
        phone.run(&visit)?;
        phone.run(&["sync"])?;
        assert!(phone.text(&["show", &case, "--shared"])?.contains("The stairs were dark."));
        server.check()
    })
}

#[test]
fn a_server_whose_database_is_held_asks_to_come_again_and_reads_on() -> Result<(), Failed> {
    on_each(|server| {
        let phones = server.staff(&[IONA, LENA])?;
        phones[1].run(&["sync"])?;
        phones[0].run(&BEGIN)?;
        let cluster = Raw::of(&phones[0])?.cluster()?;
        let address = newer::address(&server);
        let (held, is_held) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let holder = thread::spawn(move || {
            let mut conn = Conn::open(&address)?;
            write_tx(&mut conn, |conn| {
                db::log::lock(conn, &cluster)?;
                let _ = held.send(());
                let _ = released.recv();
                Ok::<(), db::Error>(())
            })
        });
        is_held.recv()?;
        let (code, said) = phones[0].refuse(&["sync"])?;
        assert_eq!(code, 3, "{said}");
        assert!(said.contains("busy") && said.contains("everything is kept"), "{said}");
        assert_eq!(phones[0].run(&["unsent"])?["changes"], 1);
        phones[1].run(&["sync"])?;
        release.send(())?;
        holder.join().map_err(|_| "the holder fell")??;
        assert_eq!(phones[0].run(&["sync"])?["accepted"], 1);
        server.check()
    })
}
