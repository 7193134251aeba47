//! What apps can call stays as it is, or is changed on purpose: `surface.txt` has a line for each method,
//! field, variant and error of the built library.

use std::path::PathBuf;

/// The library that was built for this very test, beside it.
fn library() -> String {
    let test = std::env::current_exe().unwrap();
    let beside = |name| test.with_file_name(name);
    let built = [beside("libcaseweave_ffi.so"), beside("libcaseweave_ffi.dylib")];
    let built = built.into_iter().find(|file| file.exists()).unwrap();
    built.into_os_string().into_string().unwrap()
}

#[test]
fn the_surface_is_the_committed_one() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("surface.txt");
    let was = std::fs::read_to_string(file).unwrap();
    let is = caseweave_bindgen::surface(&library()).unwrap();
    let differs = caseweave_bindgen::difference(&was, &is);
    assert!(
        differs.is_empty(),
        "apps see this change; if it is meant, write it down with `caseweave-bindgen --surface \
         --library <the built library> > ffi/surface.txt`:\n{differs}"
    );
}
