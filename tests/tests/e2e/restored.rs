//! A phone's folder, or the server's, is put back to an older copy: what was sent since, and what is
//! written on the copy, are both with everybody.

use std::fs;
use std::path::Path;

use system_tests::live::{Failed, Phone, Server, Staff};

use super::database::on_each;

const STAFF: [Staff; 2] = [
    Staff { name: "iona", agency: "health", role: "practitioner" },
    Staff { name: "lena", agency: "education", role: "cluster_lead" },
];

#[test]
fn an_older_copy_of_a_phone_loses_nothing_and_sends_nothing_twice() -> Result<(), Failed> {
    on_each(|server| {
        let [iona, lena] = <[Phone; 2]>::try_from(server.staff(&STAFF)?)
            .map_err(|_| "two phones were expected")?;
        iona.run(&["sync"])?;
        let begun =
            iona.run(&["case", "begin", "--given-name", "Ailsa", "--family-name", "Muir"])?;
        let case = begun["case"].as_str().ok_or("no case")?;
        iona.run(&["sync"])?;
        let older = iona.home().with_extension("older");
        copy(iona.home(), &older)?;
        event(&iona, case, "Seen by the nurse")?;
        event(&iona, case, "Rang the school")?;
        iona.run(&["sync"])?;

        fs::remove_dir_all(iona.home())?;
        copy(&older, iona.home())?;
        event(&iona, case, "Met the mother")?;
        iona.run(&["case", "begin", "--given-name", "Fergus", "--family-name", "Reid"])?;
        let synced = iona.run(&["sync"])?;
        assert_eq!((&synced["returned"], &synced["only_here"]), (&0.into(), &0.into()), "{synced}");
        iona.run(&["sync"])?;
        lena.run(&["sync"])?;
        for phone in [&iona, &lena] {
            let shown = phone.run(&["chronology", case])?.to_string();
            for words in ["Seen by the nurse", "Rang the school", "Met the mother"] {
                assert_eq!(shown.matches(words).count(), 1, "{words} in {shown}");
            }
            let list = phone.run(&["list"])?.to_string();
            assert!(list.contains("Ailsa") && list.contains("Fergus"), "{list}");
        }
        server.check()
    })
}

#[test]
fn a_server_put_back_to_a_backup_is_sent_again_what_its_phones_have() -> Result<(), Failed> {
    let mut server = Server::start(None)?;
    let [iona, lena] =
        <[Phone; 2]>::try_from(server.staff(&STAFF)?).map_err(|_| "two phones were expected")?;
    iona.run(&["sync"])?;
    let begun = iona.run(&["case", "begin", "--given-name", "Ailsa", "--family-name", "Muir"])?;
    let case = begun["case"].as_str().ok_or("no case")?;
    event(&iona, case, "Seen by the nurse")?;
    iona.run(&["sync"])?;
    lena.run(&["sync"])?;
    let backup = server.folder().join("backup");
    server.kill()?;
    copy(&server.data(), &backup)?;
    server.serve()?;

    event(&iona, case, "Rang the school")?;
    iona.run(&["sync"])?;
    lena.run(&["sync"])?;
    event(&lena, case, "Reviewed the week")?;
    let other = iona.run(&["case", "begin", "--given-name", "Fergus", "--family-name", "Reid"])?;
    event(&iona, other["case"].as_str().ok_or("no case")?, "Met the father")?;
    iona.run(&["sync"])?;
    lena.run(&["sync"])?;
    iona.run(&["sync"])?;
    server.kill()?;
    fs::remove_dir_all(server.data())?;
    copy(&backup, &server.data())?;
    server.serve()?;

    event(&lena, case, "Written on the restored server")?;
    // Hers builds on what only the other phone can bring: it waits for that.
    for phone in [&lena, &iona, &lena, &iona] {
        let shown = phone.run(&["chronology", case])?.to_string();
        assert!(shown.contains("Reviewed the week"), "nothing goes meanwhile: {shown}");
        let synced = phone.run(&["sync"])?;
        assert_eq!(synced["returned"], 0, "{synced}");
    }
    for phone in [&iona, &lena] {
        let shown = phone.run(&["chronology", case])?.to_string();
        for words in ["Seen by the nurse", "Rang the school", "Reviewed the week", "Written on the"]
        {
            assert_eq!(shown.matches(words).count(), 1, "{words} in {shown}");
        }
        assert!(phone.run(&["list"])?.to_string().contains("Fergus"));
        assert_eq!(phone.run(&["unsent"])?["changes"], 0);
    }
    server.check()
}

#[test]
fn who_was_taken_off_stays_off_when_the_database_is_put_back() -> Result<(), Failed> {
    let mut server = Server::start(None)?;
    let [iona, lena] =
        <[Phone; 2]>::try_from(server.staff(&STAFF)?).map_err(|_| "two phones were expected")?;
    iona.run(&["sync"])?;
    let backup = server.folder().join("backup");
    server.kill()?;
    copy(&server.data(), &backup)?;
    server.serve()?;
    let device = lena.device()?.identity().device.to_string();
    server.run(&["device", "stolen", &device], "")?;
    server.run(&["user", "leave", "--sign-in", "iona"], "")?;
    server.kill()?;
    // The database is put back; the journal lies elsewhere, as the operations guide asks.
    let journal = fs::read(server.data().join("taken-off"))?;
    fs::remove_dir_all(server.data())?;
    copy(&backup, &server.data())?;
    fs::write(server.data().join("taken-off"), journal)?;
    server.serve()?;
    let (code, said) = lena.refuse(&["sync"])?;
    assert_eq!(code, 6, "the stolen phone is erased: {said}");
    let people = server.run(&["user", "list"], "")?.to_string();
    assert!(people.contains(r#""sign_in":"iona","state":"left""#), "{people}");
    Ok(())
}

fn event(phone: &Phone, case: &str, what: &str) -> Result<(), Failed> {
    phone.run(&["event", case, "--on", "2026-03-02", "--what", what]).map(drop)
}

fn copy(from: &Path, to: &Path) -> Result<(), Failed> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
