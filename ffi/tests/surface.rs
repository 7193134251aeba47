//! What apps can call stays as it is, or is changed on purpose: `surface.txt` has a line for each method,
//! field, variant and error of the built library.

use std::path::PathBuf;

/// The library that was built for this very test, beside it.
fn library() -> Option<String> {
    let test = std::env::current_exe().ok()?;
    let names = ["libcaseweave_ffi.so", "libcaseweave_ffi.dylib"];
    let built = names.map(|name| test.with_file_name(name)).into_iter().find(|it| it.exists())?;
    built.into_os_string().into_string().ok()
}

#[test]
fn the_surface_is_the_committed_one() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("surface.txt");
    let was = std::fs::read_to_string(file).unwrap();
    let is = caseweave_bindgen::surface(&library().unwrap()).unwrap();
    let differs = caseweave_bindgen::difference(&was, &is);
    assert!(
        differs.is_empty(),
        "apps see this change; if it is meant, write it down with `caseweave-bindgen --surface \
         --library <the built library> > ffi/surface.txt`:\n{differs}"
    );
}
