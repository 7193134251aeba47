//! Plain pages for people with a browser: a lead, a practitioner, a chief officer. A handler
//! extracts, asks the services that the interface asks too, puts what they say into words, and fills
//! a template. Every page works without a script; none shows more than the interface would.

mod alarms;
mod assessment;
mod assets;
mod audit;
mod case;
mod caseload;
mod conflicts;
mod desk;
mod devices;
mod duplicates;
mod early;
mod editions;
mod error;
mod export;
mod facts;
mod figures;
mod forms;
mod frameworks;
mod glass;
mod guard;
mod handover;
mod hold;
mod meeting;
mod names;
mod outside;
mod page;
mod paper;
mod password;
mod people;
mod period;
mod plan;
mod record;
mod requests;
mod retention;
mod review;
mod said;
mod second_factor;
mod session;
mod settle;
mod settled;
mod sign_in;
mod teams;
mod today;
mod views;
mod words;

use actix_web::web;
use sync_core::limits::FORM_BYTES;

use crate::app::ServerRole;

pub(crate) use error::no_page;
pub(crate) use guard::add_headers;

/// The pages of an authority's own server: none of them knows a case.
pub const OF_AUTHORITY: &[&str] = &[
    "/",
    "/sign-in",
    "/sign-in/outside",
    "/sign-in/back",
    "/sign-out",
    "/editions",
    "/editions.csv",
    "/editions/report",
    "/audit",
    "/audit.csv",
    "/password",
    "/second-factor",
    "/assets/{name}",
];

macro_rules! pages {
    ($($method:ident $path:literal => $handler:path;)*) => {
        /// Every page by method and path: tests ask each of them as each role.
        pub const PAGES: &[(&str, &str)] = &[$((stringify!($method), $path)),*];

        /// Adds the pages of a server's role to the application.
        pub(crate) fn add_pages(config: &mut web::ServiceConfig, role: ServerRole) {
            config.app_data(web::FormConfig::default().limit(FORM_BYTES));
            $(if role == ServerRole::Cluster || OF_AUTHORITY.contains(&$path) {
                config.route($path, web::$method().to($handler));
            })*
        }
    };
}

pages! {
    get "/" => today::show;
    get "/sign-in" => sign_in::show;
    post "/sign-in" => sign_in::sign_in;
    get "/sign-in/outside" => outside::begin;
    get "/sign-in/back" => outside::end;
    post "/sign-out" => sign_in::sign_out;
    get "/caseload" => caseload::show;
    get "/handover" => handover::show;
    get "/duplicates" => duplicates::show;
    get "/export" => export::show;
    get "/export.csv" => export::download;
    get "/export/print" => export::print;
    get "/cases/{case}" => case::show;
    get "/cases/{case}/meeting" => meeting::show;
    get "/cases/{case}/records/{record}" => record::show;
    get "/cases/{case}/glass" => glass::show;
    post "/cases/{case}/glass" => glass::open;
    get "/alarms" => alarms::show;
    post "/alarms/{id}" => alarms::hear;
    get "/early-warnings" => early::show;
    get "/figures" => figures::show;
    get "/figures.csv" => figures::download;
    get "/figures/{measure}" => figures::behind;
    get "/to-settle" => conflicts::show;
    post "/to-settle/{record}" => settle::settle;
    get "/to-settle/{record}/{entry}" => settled::show;
    post "/to-settle/{record}/{entry}" => settled::undo;
    get "/to-review" => review::show;
    post "/to-review/{id}" => review::decide;
    get "/editions" => editions::show;
    get "/editions.csv" => editions::download;
    get "/editions/report" => editions::report;
    get "/people" => people::show;
    get "/people/{id}" => people::show_one;
    get "/agencies" => teams::show_agencies;
    get "/teams" => teams::show;
    get "/devices" => devices::show;
    get "/devices/{id}" => devices::show_one;
    post "/devices/{id}" => devices::mark;
    get "/frameworks" => frameworks::show;
    post "/frameworks/preview" => frameworks::preview;
    get "/frameworks/{id}" => frameworks::show_one;
    get "/retention" => retention::show;
    get "/holds/{case}" => hold::show;
    post "/holds/{case}" => hold::decide;
    get "/access-requests" => requests::find;
    get "/access-requests/{case}" => requests::show;
    get "/access-requests/{case}/records.csv" => requests::download;
    get "/audit" => audit::show;
    get "/audit.csv" => audit::download;
    get "/password" => password::show;
    post "/password" => password::change;
    get "/second-factor" => second_factor::show;
    post "/second-factor" => second_factor::change;
    get "/assets/{name}" => assets::show;
}
