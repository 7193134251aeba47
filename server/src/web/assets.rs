//! The styles, inside the binary. Their address holds their digest, so that a browser may keep them
//! for ever and still shows the new ones at once.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::web::Path;
use sha2::{Digest, Sha256};

use super::error::PageError;
use crate::hex;

const STYLES: &str = concat!(
    include_str!("../../assets/base.css"),
    include_str!("../../assets/parts.css"),
    include_str!("../../assets/records.css"),
    include_str!("../../assets/print.css"),
);

static STYLES_PATH: LazyLock<String> = LazyLock::new(|| {
    let digest: [u8; 32] = Sha256::digest(STYLES).into();
    format!("/assets/styles-{}.css", &hex::encode(&digest)[..16])
});

/// Where the styles are.
pub(super) fn styles_path() -> &'static str {
    &STYLES_PATH
}

/// The styles, to anybody.
pub(super) async fn show(name: Path<String>) -> Result<HttpResponse, PageError> {
    if Some(name.as_str()) != styles_path().strip_prefix("/assets/") {
        return Err(PageError::not_open());
    }
    let kept = ("cache-control", "public, max-age=31536000, immutable");
    Ok(HttpResponse::Ok().insert_header(kept).content_type("text/css; charset=utf-8").body(STYLES))
}
