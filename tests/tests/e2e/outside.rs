//! Signing in to the pages with an account of another server's: a real provider over real TLS, and a
//! browser that goes there and back. Runs where `CASEWEAVE_TEST_OIDC` names the provider's folder
//! (`scripts/oidc run`).

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use system_tests::live::provider::{Browser, Provider, Shown};
use system_tests::live::{Failed, Server};

use super::tls::Authority;

const REFUSED: &str =
    "You could not be signed in with the Shire&#39;s sign-in; ask your administrator.";

/// A server, a provider that it sends people to, and who they are to each other.
struct World {
    server: Server,
    provider: Provider,
    authorities: Vec<String>,
    base: String,
    _folder: tempfile::TempDir,
}

impl World {
    /// None where no provider is.
    fn new(verbosity: Option<&'static str>) -> Result<Option<Self>, Failed> {
        let Some(home) = std::env::var_os("CASEWEAVE_TEST_OIDC") else { return Ok(None) };
        let authority = Authority::new("Of the Shire")?;
        let own = authority.issue()?;
        let mut provider = Provider::start(Path::new(&home), &own.certificate, &own.key)?;
        let folder = tempfile::tempdir()?;
        let ca = folder.path().join("shire.pem");
        fs::write(&ca, &authority.pem)?;
        let (issuer, secret) = (provider.issuer(), provider.secret().display().to_string());
        let server = serving(
            &issuer,
            &[("--oidc-ca", &ca.display().to_string()), (SECRET, &secret)],
            verbosity,
        )?;
        let base = format!("https://{}", server.address()?);
        provider.serve(&format!("{base}/sign-in/back"))?;
        let authorities = vec![fs::read_to_string(server.authority())?, authority.pem];
        Ok(Some(Self { server, provider, authorities, base, _folder: folder }))
    }

    fn browser(&self) -> Result<Browser, Failed> {
        Browser::new(&self.authorities)
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Iona, without a password, under the provider's name `subject`.
    fn hire(&self, subject: &str) -> Result<(), Failed> {
        self.server.run(&["agency", "add", "--slug", "health", "--name", "Health"], "")?;
        let mut add = vec!["user", "add", "--name", "Iona Reid", "--sign-in", "iona"];
        add.extend(["--cluster", "Glen", "--agency", "health", "--no-password"]);
        self.server.run(&add, "")?;
        let issuer = self.provider.issuer();
        let link = ["user", "link", "--sign-in", "iona", "--subject", subject, "--issuer", &issuer];
        self.server.run(&link, "").map(drop)
    }

    /// Begins here, signs in there, and is sent back: the address, not asked for yet.
    fn authorise(&self, browser: &mut Browser, login: &str) -> Result<String, Failed> {
        let began = browser.get(&self.at("/sign-in/outside?next=%2Fcaseload"))?;
        let back = self.at("/sign-in/back");
        let mut shown = browser.follow(began, &back)?;
        for _ in 0..3 {
            if let Some(back) = shown.location {
                return Ok(back);
            }
            let to = between(&shown.body, "action=\"", "\"")?.to_owned();
            let form: &[_] = match shown.body.contains("value=\"consent\"") {
                true => &[("prompt", "consent")],
                false => &[("prompt", "login"), ("login", login), ("password", "of theirs")],
            };
            let sent = browser.post(&to, form)?;
            shown = browser.follow(sent, &back)?;
        }
        Err(format!("never sent back from {}: {:.300}", shown.url, shown.body).into())
    }

    fn twist(&self, browser: &mut Browser, how: &str) -> Result<(), Failed> {
        browser.get(&format!("{}/twist/{how}", self.provider.issuer())).map(drop)
    }

    /// What came of each attempt, as the audit has it.
    fn outcomes(&self) -> Result<Vec<String>, Failed> {
        outcomes(&self.server)
    }
}

const SECRET: &str = "--oidc-client-secret-file";

fn serving(
    issuer: &str,
    more: &[(&str, &str)],
    verbosity: Option<&'static str>,
) -> Result<Server, Failed> {
    let mut flags = vec!["--oidc-issuer", issuer, "--oidc-client-id", "caseweave"];
    flags.extend(["--oidc-name", "the Shire's sign-in"]);
    flags.extend(more.iter().flat_map(|(flag, value)| [*flag, *value]));
    Server::start_with(None, &flags, verbosity)
}

fn outcomes(server: &Server) -> Result<Vec<String>, Failed> {
    let file = server.data().join("caseweave.sqlite");
    let database = rusqlite::Connection::open(file)?;
    let mut rows = database.prepare(
        "SELECT outcome FROM (SELECT at, act, outcome, detail FROM audit \
         UNION ALL SELECT at, act, outcome, detail FROM audit_waiting) \
         WHERE act = 'sign_in' AND detail = 'with an outside account' ORDER BY at",
    )?;
    let found = rows.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(found)
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Result<&'a str, Failed> {
    let (_, rest) = text.split_once(before).ok_or_else(|| format!("no {before}: {text:.300}"))?;
    Ok(rest.split(after).next().unwrap_or_default())
}

#[track_caller]
fn assert_refused(shown: &Shown) {
    assert_eq!(shown.status, 403, "{}", shown.body);
    assert!(shown.body.contains(REFUSED), "{}", shown.body);
}

#[test]
fn a_person_signs_in_with_an_outside_account_and_goes_on_where_they_were_going()
-> Result<(), Failed> {
    let Some(world) = World::new(Some("trace"))? else { return Ok(()) };
    world.hire("iona-7")?;
    let mut browser = world.browser()?;
    let page = browser.get(&world.at("/sign-in?next=%2Fcaseload"))?;
    let href = between(&page.body, "class=\"button\" href=\"", "\"")?;
    assert_eq!(href, "/sign-in/outside?next=%2Fcaseload");
    assert!(page.body.contains("Sign in with the Shire&#39;s sign-in"), "{}", page.body);

    let back = world.authorise(&mut browser, "iona-7")?;
    let entered = browser.get(&back)?;
    assert_eq!((entered.status, entered.location), (303, Some(world.at("/caseload"))));
    let caseload = browser.get(&world.at("/caseload"))?;
    assert!(caseload.body.contains("Signed in as Iona Reid"), "{}", caseload.body);

    assert_refused(&browser.get(&back)?);
    assert_eq!(browser.get(&world.at("/caseload"))?.status, 200, "she stays signed in");
    assert_eq!(world.outcomes()?, ["done", "outside_state"]);

    // She has no password: none is good, and none is told apart from a wrong one.
    let mut other = world.browser()?;
    let form = other.get(&world.at("/sign-in"))?;
    let code = between(&form.body, "name=\"form_code\" value=\"", "\"")?;
    for password in ["none", "", "of theirs"] {
        let typed =
            [("form_code", code), ("sign_in", "iona"), ("password", password), ("next", "/")];
        assert_eq!(other.post(&world.at("/sign-in"), &typed)?.status, 422, "{password}");
    }
    unlinked(&world, &mut browser)?;
    nothing_secret_is_logged(&world, &back)
}

/// Once her account is taken away she is signed out, and gets in no more.
fn unlinked(world: &World, browser: &mut Browser) -> Result<(), Failed> {
    world.server.run(&["user", "unlink", "--sign-in", "iona"], "")?;
    assert_eq!(browser.get(&world.at("/caseload"))?.status, 303);
    let back = world.authorise(browser, "iona-7")?;
    assert_refused(&browser.get(&back)?);
    Ok(())
}

fn nothing_secret_is_logged(world: &World, back: &str) -> Result<(), Failed> {
    let said = world.server.said()?;
    assert!(said.contains("/sign-in/back"), "the log says nothing at all");
    let secrets = [
        ("the code", between(back, "code=", "&")?),
        ("the state", between(back, "state=", "&")?),
        ("our secret", "an invented secret"),
        ("her name there", "iona-7"),
        ("a token", "\"id_token\""),
    ];
    for (what, secret) in secrets {
        let line = said.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{what} is in the log");
    }
    Ok(())
}

#[test]
fn a_state_or_code_of_another_attempt_is_refused() -> Result<(), Failed> {
    let Some(world) = World::new(None)? else { return Ok(()) };
    world.hire("iona-7")?;
    let mut browser = world.browser()?;
    let back = world.authorise(&mut browser, "iona-7")?;

    // Somebody else is sent the address: they would be signed in as Iona.
    let mut other = world.browser()?;
    assert_refused(&other.get(&back)?);
    other.get(&world.at("/sign-in/outside"))?;
    assert_refused(&other.get(&back)?);
    let state = between(&back, "state=", "&")?;
    for changed in
        [back.replace(state, "x.y"), back.replace("state=", "no="), world.at("/sign-in/back")]
    {
        assert_refused(&other.get(&changed)?);
    }
    // Nor is a code good under another attempt's state, even in the same browser.
    let code = between(&back, "code=", "&")?;
    let later = world.authorise(&mut browser, "iona-7")?;
    let mixed = later.replace(between(&later, "code=", "&")?, code);
    assert_refused(&browser.get(&mixed)?);
    assert_refused(&browser.get(&later)?);
    let declined = world.authorise(&mut browser, "iona-7")?.replace("code=", "error=");
    assert_refused(&browser.get(&declined)?);

    let back = world.authorise(&mut browser, "iona-7")?;
    assert_eq!(browser.get(&back)?.status, 303);
    let outcomes = world.outcomes()?;
    let count = |code: &str| outcomes.iter().filter(|it| *it == code).count();
    assert_eq!((count("outside_state"), count("outside_code")), (6, 1), "{outcomes:?}");
    assert_eq!((count("outside_declined"), count("done")), (1, 1), "{outcomes:?}");
    Ok(())
}

#[test]
fn a_token_that_does_not_hold_signs_nobody_in() -> Result<(), Failed> {
    let Some(world) = World::new(None)? else { return Ok(()) };
    world.hire("iona-7")?;
    let mut browser = world.browser()?;
    let twists = [
        "none",
        "shared",
        "audience",
        "audiences",
        "party",
        "nonce",
        "nameless",
        "issuer",
        "expired",
        "forged",
        "unknown",
    ];
    for how in twists {
        world.twist(&mut browser, how)?;
        let back = world.authorise(&mut browser, "iona-7")?;
        let shown = browser.get(&back)?;
        assert_eq!(shown.status, 403, "{how}");
        assert_refused(&shown);
        assert_eq!(browser.get(&world.at("/caseload"))?.status, 303, "{how}");
    }
    let outcomes = world.outcomes()?;
    assert_eq!(outcomes.len(), twists.len());
    let known = ["outside_token", "outside_odd"];
    assert!(outcomes.iter().all(|it| known.contains(&it.as_str())), "{outcomes:?}");

    world.twist(&mut browser, "no")?;
    let back = world.authorise(&mut browser, "iona-7")?;
    assert_eq!(browser.get(&back)?.status, 303, "the same way with a token that holds");
    Ok(())
}

#[test]
fn an_account_of_nobody_and_one_of_somebody_who_left_get_the_same_page() -> Result<(), Failed> {
    let Some(world) = World::new(None)? else { return Ok(()) };
    world.hire("iona-7")?;
    world.server.run(&["user", "leave", "--sign-in", "iona"], "")?;
    let mut pages = Vec::new();
    // The sign-in name here is no account's name there.
    for login in ["iona-7", "iona", "nobody"] {
        let mut browser = world.browser()?;
        let back = world.authorise(&mut browser, login)?;
        let shown = browser.get(&back)?;
        assert_refused(&shown);
        pages.push(shown.body);
    }
    assert!(pages.iter().all(|page| *page == pages[0]));
    assert_eq!(world.outcomes()?.len(), 3);
    Ok(())
}

#[test]
fn a_provider_that_is_down_or_hangs_is_said_so_and_holds_nobody_up() -> Result<(), Failed> {
    if std::env::var_os("CASEWEAVE_TEST_OIDC").is_none() {
        return Ok(());
    }
    // Takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let hangs = format!("http://{}", silent.local_addr()?);
    for issuer in ["http://127.0.0.1:9", &hangs] {
        let server = serving(issuer, &[], None)?;
        let base = format!("https://{}", server.address()?);
        let mut browser = Browser::new(&[fs::read_to_string(server.authority())?])?;
        let mut other = Browser::new(&[fs::read_to_string(server.authority())?])?;
        let began = Instant::now();
        std::thread::scope(|scope| -> Result<(), Failed> {
            let waits = scope.spawn(|| browser.get(&format!("{base}/sign-in/outside")));
            for path in ["/healthz", "/sign-in"] {
                let asked = Instant::now();
                assert_eq!(other.get(&format!("{base}{path}"))?.status, 200);
                assert!(asked.elapsed() < Duration::from_secs(3), "{path}");
            }
            assert_refused(&waits.join().map_err(|_| "the browser's thread ended")??);
            Ok(())
        })?;
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        assert_eq!(outcomes(&server)?, ["outside_unreached"]);
    }
    Ok(())
}
