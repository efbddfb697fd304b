//! The parameters of a request, whichever way they were sent.
//!
//! The standard says that they come as a form. Clients of this protocol also send JSON, so that
//! both are read. What nobody asks for is not looked at; what is asked for is there once and is a
//! text.

use std::collections::HashMap;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use thiserror::Error;
use url::form_urlencoded;

use crate::error::{ErrorCode, Refusal};

/// The most bytes of a body that is read for parameters. Lists of scopes can be long.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// The most parameters that a request may have.
const COUNT_MAX: usize = 100;

/// The parameters of a request.
///
/// One that was sent without a value counts as not sent (RFC 6749, section 3.1): some clients fill
/// in all the fields that they know.
#[derive(Clone, Default)]
pub struct Parameters(HashMap<String, Parameter>);

#[derive(Clone, PartialEq, Eq)]
enum Parameter {
    Text(String),
    /// An array, an object, or something like it.
    Other,
    /// It was sent more than once.
    Repeated,
}

/// Says why the parameters of a request cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ParameterError {
    /// The body is longer than [`BODY_BYTES_MAX`].
    #[error("request is longer than {BODY_BYTES_MAX} bytes")]
    TooLong,
    /// There are more than 100 parameters.
    #[error("request has more than {COUNT_MAX} parameters")]
    TooMany,
    /// The body is not a JSON object, though it says that it is JSON.
    #[error("request is not a JSON object")]
    Json,
    /// A parameter that may be there once is there more often.
    #[error("{0} is there more than once")]
    Repeated(&'static str),
    /// A parameter is not a text.
    #[error("{0} is not a text")]
    Type(&'static str),
    /// A parameter is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
}

impl Refusal for ParameterError {
    fn code(&self) -> ErrorCode {
        ErrorCode::InvalidRequest
    }
}

impl Parameters {
    /// Reads a form or a query.
    ///
    /// # Errors
    ///
    /// [`ParameterError`] if there is too much of it.
    pub fn from_form(form: &[u8]) -> Result<Self, ParameterError> {
        check_size(form)?;
        let mut parameters = Self::default();
        for (name, value) in form_urlencoded::parse(form) {
            parameters.add(name.into_owned(), Parameter::Text(value.into_owned()));
            if parameters.0.len() > COUNT_MAX {
                return Err(ParameterError::TooMany);
            }
        }
        Ok(parameters)
    }

    /// Reads a JSON object.
    ///
    /// # Errors
    ///
    /// [`ParameterError`] if it is none, or if there is too much of it.
    pub fn from_json(json: &[u8]) -> Result<Self, ParameterError> {
        check_size(json)?;
        let parameters: Self = serde_json::from_slice(json).map_err(|_| ParameterError::Json)?;
        if parameters.0.len() > COUNT_MAX { Err(ParameterError::TooMany) } else { Ok(parameters) }
    }

    /// Returns a parameter, if it is there.
    ///
    /// # Errors
    ///
    /// [`ParameterError`] if it is there more than once, or not a text.
    pub fn text(&self, name: &'static str) -> Result<Option<&str>, ParameterError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Parameter::Text(text)) => Ok(Some(text)),
            Some(Parameter::Other) => Err(ParameterError::Type(name)),
            Some(Parameter::Repeated) => Err(ParameterError::Repeated(name)),
        }
    }

    /// Returns a parameter that has to be there.
    ///
    /// # Errors
    ///
    /// [`ParameterError`] if it is not there, more than once, or not a text.
    pub fn required(&self, name: &'static str) -> Result<&str, ParameterError> {
        self.text(name)?.ok_or(ParameterError::Missing(name))
    }

    /// Tells whether a parameter was sent, whatever it is.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn add(&mut self, name: String, value: Parameter) {
        if value == Parameter::Text(String::new()) {
            return;
        }
        let parameter = self.0.entry(name);
        parameter.and_modify(|there| *there = Parameter::Repeated).or_insert(value);
    }
}

fn check_size(body: &[u8]) -> Result<(), ParameterError> {
    if body.len() > BODY_BYTES_MAX { Err(ParameterError::TooLong) } else { Ok(()) }
}

impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Parameters;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parameters, A::Error> {
                let mut parameters = Parameters::default();
                while let Some(name) = map.next_key()? {
                    match map.next_value()? {
                        Value::Null => {}
                        Value::String(text) => parameters.add(name, Parameter::Text(text)),
                        // `max_age` is a number to those who write JSON.
                        Value::Number(number) => {
                            parameters.add(name, Parameter::Text(number.to_string()));
                        }
                        Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                            parameters.add(name, Parameter::Other);
                        }
                    }
                }
                Ok(parameters)
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// Shows names alone: values are codes, tokens and the like.
impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<&String> = self.0.keys().collect();
        names.sort();
        f.debug_set().entries(names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_and_json_read_alike() {
        let form = Parameters::from_form(b"scope=atproto+a%20b&state=%C3%A9&empty=&max_age=5");
        let json = r#"{"scope":"atproto a b","state":"é","empty":"","max_age":5,"n":null}"#;
        for parameters in [form, Parameters::from_json(json.as_bytes())] {
            let parameters = parameters.unwrap();
            assert_eq!(parameters.text("scope"), Ok(Some("atproto a b")));
            assert_eq!(parameters.required("state"), Ok("é"));
            assert_eq!(parameters.text("max_age"), Ok(Some("5")));
            for absent in ["empty", "n", "other"] {
                assert_eq!(parameters.text(absent), Ok(None));
                assert!(!parameters.has(absent));
            }
            assert_eq!(parameters.required("empty"), Err(ParameterError::Missing("empty")));
            assert_eq!(format!("{parameters:?}"), r#"{"max_age", "scope", "state"}"#);
        }
    }

    #[test]
    fn what_is_there_twice_cannot_be_read() {
        let repeated = Err(ParameterError::Repeated("a"));
        for parameters in [
            Parameters::from_form(b"a=1&b=2&a=1"),
            Parameters::from_form(b"a=1&a=2&a=3&b=2"),
            Parameters::from_json(br#"{"a":"1","b":"2","a":"1"}"#),
            Parameters::from_json(br#"{"a":"1","b":"2","a":[]}"#),
        ] {
            let parameters = parameters.unwrap();
            assert_eq!(parameters.text("a"), repeated);
            assert_eq!(parameters.text("b"), Ok(Some("2")));
            assert!(parameters.has("a"));
        }
        assert_eq!(Parameters::from_form(b"a=&a=1").unwrap().text("a"), Ok(Some("1")));
    }

    #[test]
    fn what_is_no_text_is_refused_where_it_is_asked_for() {
        let json = br#"{"a":["1"],"b":{"c":1},"c":true,"d":"1"}"#;
        let parameters = Parameters::from_json(json).unwrap();
        for name in ["a", "b", "c"] {
            assert_eq!(parameters.text(name), Err(ParameterError::Type(name)));
        }
        assert_eq!(parameters.text("d"), Ok(Some("1")));
    }

    #[test]
    fn a_request_has_bounds() {
        let many = (0..=COUNT_MAX).map(|n| format!("p{n}=1")).collect::<Vec<_>>();
        let too_many = Parameters::from_form(many.join("&").as_bytes());
        assert_eq!(too_many.unwrap_err(), ParameterError::TooMany);
        let pairs = (0..=COUNT_MAX).map(|n| format!("\"p{n}\":1")).collect::<Vec<_>>();
        let too_many = Parameters::from_json(format!("{{{}}}", pairs.join(",")).as_bytes());
        assert_eq!(too_many.unwrap_err(), ParameterError::TooMany);
        let long = vec![b' '; BODY_BYTES_MAX + 1];
        for read in [Parameters::from_form, Parameters::from_json] {
            assert_eq!(read(&long).unwrap_err(), ParameterError::TooLong);
        }
        let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(5000), "]".repeat(5000));
        for json in ["", "[]", "{", "\"a\"", "{\"a\":1}x", &deep] {
            let read = Parameters::from_json(json.as_bytes());
            assert_eq!(read.unwrap_err(), ParameterError::Json, "{json:.20}");
        }
        assert!(Parameters::from_form(b"\xff=%zz&%=%ff").is_ok());
    }
}
