//! A browser: keeps its cookie, fills in the forms that it was shown.

use actix_web::http::header::{HeaderMap, LOCATION, SET_COOKIE};
use actix_web::test::TestRequest;

use crate::support::{PASSWORD, TestServer};

/// A browser at a server.
pub(crate) struct Browser<'a> {
    server: &'a TestServer,
    pub(crate) cookie: Option<String>,
}

/// What a browser was shown.
pub(crate) struct Shown {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Shown {
    /// Where the browser is sent.
    pub(crate) fn location(&self) -> &str {
        self.headers.get(LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// What the page's forms carry.
    pub(crate) fn form_code(&self) -> String {
        let (_, after) = self.body.split_once("name=\"form_code\" value=\"").expect("a form");
        after.split('"').next().unwrap().to_owned()
    }

    /// Whether these words are on the page, one after the other.
    #[track_caller]
    pub(crate) fn says(&self, words: &[&str]) {
        let mut rest = self.body.as_str();
        for word in words {
            let at = rest.find(word).unwrap_or_else(|| panic!("{word:?} is not in\n{rest}"));
            rest = &rest[at + word.len()..];
        }
    }

    #[track_caller]
    pub(crate) fn says_nothing_of(&self, words: &[&str]) {
        for word in words {
            assert!(!self.body.contains(word), "{word:?} is in\n{}", self.body);
        }
    }
}

impl<'a> Browser<'a> {
    /// A browser that nobody uses yet.
    pub(crate) fn new(server: &'a TestServer) -> Self {
        Self { server, cookie: None }
    }

    /// The browser of somebody who signed in.
    pub(crate) async fn of(server: &'a TestServer, name: &str) -> Self {
        let mut browser = Self::new(server);
        let shown = browser.sign_in(&name.to_lowercase(), PASSWORD).await;
        assert_eq!((shown.status, shown.location()), (303, "/"), "{}", shown.body);
        browser
    }

    /// Fills in the sign-in page.
    pub(crate) async fn sign_in(&mut self, name: &str, password: &str) -> Shown {
        let form_code = self.get("/sign-in").await.form_code();
        let form = [
            ("form_code", form_code.as_str()),
            ("sign_in", name),
            ("password", password),
            ("next", "/"),
        ];
        self.post("/sign-in", &form).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Shown {
        self.ask(TestRequest::get().uri(path)).await
    }

    pub(crate) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Shown {
        self.ask(TestRequest::post().uri(path).set_form(form)).await
    }

    async fn ask(&mut self, mut request: TestRequest) -> Shown {
        if let Some(cookie) = &self.cookie {
            request = request.insert_header(("Cookie", format!("other=1; {cookie}")));
        }
        let (status, headers, body) = self.server.send_whole(request).await;
        if let Some(cookie) = headers.get(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            self.cookie = Some(pair.to_owned()).filter(|pair| !pair.ends_with('='));
        }
        Shown { status: status.as_u16(), headers, body: String::from_utf8(body).unwrap() }
    }
}
