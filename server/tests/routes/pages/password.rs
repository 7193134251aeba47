use super::browser::{Browser, Shown};
use crate::support::{PASSWORD, servers};

const NEW: &str = "another horse battery";

async fn change(browser: &mut Browser<'_>, (old, new, again): (&str, &str, &str)) -> Shown {
    let form_code = browser.get("/password").await.form_code();
    let form = [("form_code", form_code.as_str()), ("old", old), ("new", new), ("again", again)];
    browser.post("/password", &form).await
}

#[actix_web::test]
async fn a_person_changes_their_password_and_their_other_browsers_are_signed_out() {
    for server in servers() {
        let (mut own, mut other) =
            (Browser::of(&server, "Ada").await, Browser::of(&server, "Ada").await);
        let wrong = [
            (("not mine", NEW, NEW), "The password you have now is another one"),
            ((PASSWORD, "short", "short"), "10 letters or more"),
            ((PASSWORD, NEW, "another horse"), "not the same both times"),
            ((PASSWORD, PASSWORD, PASSWORD), "must be another one"),
        ];
        for (typed, words) in wrong {
            let shown = change(&mut own, typed).await;
            assert_eq!(shown.status, 422, "{words}");
            shown.says(&["There is a problem", words]);
            shown.says_nothing_of(&[PASSWORD, NEW, "not mine"]);
        }
        assert_eq!(other.get("/").await.status, 200, "nothing has changed");

        let done = change(&mut own, (PASSWORD, NEW, NEW)).await;
        assert_eq!((done.status, done.location()), (303, "/password?done"));
        own.get("/password?done").await.says(&["Your password was changed"]);
        assert_eq!(other.get("/").await.status, 303, "the other browser is signed out");
        assert_eq!(other.sign_in("ada", PASSWORD).await.status, 422);
        assert_eq!(other.sign_in("ada", NEW).await.status, 303);
    }
}

#[actix_web::test]
async fn whoever_finds_a_browser_open_cannot_guess_its_users_password_for_long() {
    for server in servers() {
        let mut found = Browser::of(&server, "Ada").await;
        let tries = sync_core::limits::SIGN_INS.at_once.get();
        for _ in 0..tries {
            assert_eq!(change(&mut found, ("a guess", NEW, NEW)).await.status, 422);
        }
        let later = change(&mut found, (PASSWORD, NEW, NEW)).await;
        assert_eq!(later.status, 429);
        later.says(&["Please wait a little", "What you typed was not saved: copy it"]);
        assert!(later.header("retry-after").parse::<u32>().is_ok());
        assert_eq!(later.header("cache-control"), "no-store");
        let mut elsewhere = Browser::new(&server);
        assert_eq!(elsewhere.sign_in("ada", PASSWORD).await.status, 303, "she still gets in");
    }
}
