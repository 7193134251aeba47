//! The pages, asked as a browser asks: with a cookie, without a script.

#[path = "pages/browser.rs"]
pub(crate) mod browser;
#[path = "pages/caseload.rs"]
mod caseload;
#[path = "pages/editions.rs"]
mod editions;
#[path = "pages/figures.rs"]
mod figures;
#[path = "pages/governing.rs"]
mod governing;
#[path = "pages/leading.rs"]
mod leading;
#[path = "pages/looking_after.rs"]
mod looking_after;
#[path = "pages/password.rs"]
mod password;
#[path = "pages/records.rs"]
mod records;
#[path = "pages/review.rs"]
mod review;
#[path = "pages/roles.rs"]
mod roles;
#[path = "pages/second_factor.rs"]
mod second_factor;
#[path = "pages/settling.rs"]
mod settling;
#[path = "pages/sign_in.rs"]
mod sign_in;

pub(crate) use browser::Browser;
