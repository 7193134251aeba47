//! All that an app can name of the built library, one line each: what must not change unseen.

use std::error::Error;
use std::fmt::Write as _;

use uniffi_bindgen::interface::{
    Argument, AsType as _, Callable, Constructor, DefaultValue, Enum, Field, Literal, Method,
    Object, Record, Type, Variant,
};
use uniffi_bindgen::{BindgenLoader, BindgenPaths, ComponentInterface, GlobalConfig};

/// The surface of the built library at `library`. Types and methods are in the order of their names;
/// fields and variants in their own, since a constructor in Swift and Kotlin has it.
///
/// # Errors
/// A file that cannot be read or is no such library.
pub fn surface(library: &str) -> Result<String, Box<dyn Error>> {
    let loader = BindgenLoader::new(BindgenPaths::default(), GlobalConfig::default());
    let components = loader.load_cis(loader.load_metadata(library.into())?)?;
    let mut blocks: Vec<_> = components.iter().flat_map(blocks).collect();
    blocks.sort_unstable();
    Ok(blocks.concat())
}

/// The lines of each type, and of each function that stands alone.
fn blocks(ci: &ComponentInterface) -> Vec<String> {
    let objects = ci.object_definitions().iter().map(object);
    let records = ci.record_definitions().iter().map(record);
    let enums =
        ci.enum_definitions().iter().map(|it| variants(it, ci.is_name_used_as_error(it.name())));
    let functions = ci.function_definitions().iter().map(|it| callable("function", it.name(), it));
    objects.chain(records).chain(enums).chain(functions).collect()
}

fn object(object: &Object) -> String {
    let sort = if object.has_callback_interface() { "trait" } else { "object" };
    let named = |of: &str| format!("{}.{of}", object.name());
    let constructor = |it: &&Constructor| callable("constructor", &named(it.name()), *it);
    let method = |it: &&Method| callable(sort, &named(it.name()), *it);
    let mut made: Vec<_> = object.constructors().iter().map(constructor).collect();
    let mut done: Vec<_> = object.methods().iter().map(method).collect();
    made.sort_unstable();
    done.sort_unstable();
    made.concat() + &done.concat()
}

fn record(record: &Record) -> String {
    let line = |it: &Field| format!("record {}.{}\n", record.name(), field(it));
    record.fields().iter().map(line).collect()
}

fn variants(of: &Enum, is_error: bool) -> String {
    let sort = if is_error { "error" } else { "enum" };
    let line = |it: &Variant| format!("{sort} {}.{}{}\n", of.name(), it.name(), holds(it));
    of.variants().iter().map(line).collect()
}

fn holds(variant: &Variant) -> String {
    let fields: Vec<_> = variant.fields().iter().map(field).collect();
    if fields.is_empty() { String::new() } else { format!("({})", fields.join(", ")) }
}

fn callable(sort: &str, name: &str, of: &dyn Callable) -> String {
    let arguments: Vec<_> = of.arguments().iter().map(|it| argument(it)).collect();
    let mut line = format!("{sort} {name}({})", arguments.join(", "));
    let gives = of.return_type().filter(|_| sort != "constructor");
    // Writing to a text cannot fail.
    let _ = match (gives, of.throws_type()) {
        (Some(gives), Some(error)) => write!(line, " -> {} throws {}", word(gives), word(error)),
        (Some(gives), None) => write!(line, " -> {}", word(gives)),
        (None, Some(error)) => write!(line, " throws {}", word(error)),
        (None, None) => Ok(()),
    };
    if of.is_async() {
        line.push_str(" async");
    }
    line + "\n"
}

fn argument(it: &Argument) -> String {
    format!("{}: {}{}", it.name(), word(&it.as_type()), default(it.default_value()))
}

fn field(it: &Field) -> String {
    format!("{}: {}{}", it.name(), word(&it.as_type()), default(it.default_value()))
}

fn default(value: Option<&DefaultValue>) -> String {
    match value {
        None => String::new(),
        Some(DefaultValue::Literal(Literal::None)) => " = none".to_owned(),
        Some(DefaultValue::Literal(Literal::EmptySequence)) => " = []".to_owned(),
        Some(DefaultValue::Literal(Literal::Boolean(value))) => format!(" = {value}"),
        Some(DefaultValue::Literal(Literal::UInt(value, ..))) => format!(" = {value}"),
        Some(DefaultValue::Literal(Literal::Int(value, ..))) => format!(" = {value}"),
        Some(other) => format!(" = {other:?}"),
    }
}

/// A type as the file names it.
fn word(of: &Type) -> String {
    match of {
        Type::Optional { inner_type } => format!("{}?", word(inner_type)),
        Type::Sequence { inner_type } => format!("[{}]", word(inner_type)),
        Type::Box { inner_type } => word(inner_type),
        Type::Object { name, .. }
        | Type::Record { name, .. }
        | Type::Enum { name, .. }
        | Type::CallbackInterface { name, .. }
        | Type::Custom { name, .. } => name.clone(),
        plain => format!("{plain:?}").to_lowercase(),
    }
}
