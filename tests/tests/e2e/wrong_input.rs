//! What is wrong gets a clear error or a safe wait; nothing is lost, no cursor stops.

use system_tests::live::{Failed, Server, Staff};

use super::database::on_each;

const IONA: Staff = Staff { name: "iona", agency: "health", role: "practitioner" };
const ROSS: Staff = Staff { name: "ross", agency: "education", role: "practitioner" };

#[test]
fn a_clock_ten_years_off_changes_nothing_but_what_it_says() -> Result<(), Failed> {
    on_each(|server| {
        let phone = server.staff(&[IONA])?.remove(0);
        let late = "2036-11-22T09:00:00Z";
        let begun = phone.run(&[
            "--now",
            late,
            "case",
            "begin",
            "--given-name",
            "Eilidh",
            "--family-name",
            "Ross",
        ])?;
        let case = begun["case"].as_str().ok_or("no case")?.to_owned();
        phone.run(&["--now", late, "sync"])?;
        phone.run(&[
            "--now",
            "1970-01-02T00:00:00Z",
            "visit",
            &case,
            "--at",
            "1970-01-01T00:00:00Z",
            "--text",
            "Early.",
        ])?;
        phone.run(&["--now", "1970-01-02T00:00:00Z", "sync"])?;
        let shown = phone.text(&["show", &case, "--shared"])?;
        assert!(shown.contains("Early."));
        assert_eq!(phone.run(&["unsent"])?["changes"], 0);
        server.check()
    })
}

#[test]
fn unknown_ids_and_no_server_are_said_plainly() -> Result<(), Failed> {
    let mut server = Server::start(None)?;
    let phone = server.staff(&[IONA])?.remove(0);
    let (code, said) = phone.refuse(&["show", "00000000000000000000000000000000"])?;
    assert!(code != 0 && !said.contains("panicked"), "{said}");
    phone.run(&["case", "begin", "--given-name", "Eilidh", "--family-name", "Ross"])?;
    server.kill()?;
    let (code, said) = phone.refuse(&["sync"])?;
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("everything is kept"), "{said}");
    server.serve()?;
    phone.run(&["sync"])?;
    server.check()
}

#[test]
fn another_phones_token_carries_nobody_elses_work() -> Result<(), Failed> {
    use sync_core::device::Session;
    use sync_core::store::Store as _;
    let server = Server::start(None)?;
    let phones = server.staff(&[IONA, ROSS])?;
    phones[0].run(&["case", "begin", "--given-name", "Eilidh", "--family-name", "Ross"])?;
    let session = Session::load(phones[1].device()?.store())?.ok_or("no session")?;
    let mut store = phones[0].device()?.into_store();
    let own = Session::load(&store)?.ok_or("no session")?;
    store.commit(&[session.write()?])?;
    drop(store);
    // The signature is not of that phone: everything comes back, nothing is in the log.
    phones[0].run(&["sync"])?;
    let returned = phones[0].run(&["returned"])?.to_string();
    assert!(returned.contains("wrong_signature"), "{returned}");
    assert_eq!(phones[1].run(&["list"])?.as_array().map(Vec::len), Some(0));
    let mut store = phones[0].device()?.into_store();
    store.commit(&[own.write()?])?;
    drop(store);
    server.check()
}

#[test]
fn a_refresh_goes_on_where_the_access_token_ended() -> Result<(), Failed> {
    use sync_core::device::Session;
    use sync_core::store::Store as _;
    let server = Server::start(None)?;
    let phone = server.staff(&[IONA])?.remove(0);
    let mut store = phone.device()?.into_store();
    let session = Session::load(&store)?.ok_or("no session")?;
    let old = Session { access_token: "gone".into(), ..session };
    store.commit(&[old.write()?])?;
    drop(store);
    let stats = phone.run(&["sync", "--stats"])?;
    assert_eq!(stats["exchanges"], 2, "one was refused, one went through: {stats}");
    phone.run(&["sync"])?;
    Ok(())
}
