/// The interface changes only on purpose.
#[test]
fn the_description_is_the_one_we_agreed() {
    insta::assert_json_snapshot!(caseweave::openapi::document());
}
