//! Definitions in the form that validation walks: without descriptions, with references resolved.

use repo::data::key_order;
use smol_str::SmolStr;

use crate::rule::Bounds;
use crate::schema::{
    Blob, Body, Boolean, DefinitionKind, Integer, KeyType, MethodKind, Object, PermissionSet,
    Reference, Text, Type,
};

/// Where a catalog keeps a definition, or will when its document comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot(pub(super) usize);

/// A definition.
#[derive(Debug)]
pub(crate) enum Compiled {
    Record { key: KeyType, object: ObjectNode },
    Method { kind: MethodKind, input: Option<Node>, output: Option<Node> },
    PermissionSet(PermissionSet),
    Token,
    Value(Node),
}

/// What a value may be.
#[derive(Debug)]
pub(crate) enum Node {
    Boolean(Boolean),
    Integer(Box<Integer>),
    String(Box<Text>),
    Bytes(Bounds<usize>),
    CidLink,
    Blob(Blob),
    Array { items: Box<Node>, length: Bounds<usize> },
    Object(ObjectNode),
    Ref(SmolStr, Slot),
    Union { variants: Box<[(SmolStr, Slot)]>, closed: bool },
    Unknown,
}

/// The fields of an object, in the order that values have them in.
#[derive(Debug)]
pub(crate) struct ObjectNode(pub(crate) Box<[FieldNode]>);

/// A field of an object.
#[derive(Debug)]
pub(crate) struct FieldNode {
    pub(crate) name: SmolStr,
    pub(crate) node: Node,
    pub(crate) required: bool,
    pub(crate) nullable: bool,
    /// Whether a value that is absent stands for another one.
    pub(crate) has_default: bool,
}

impl Compiled {
    /// Compiles a definition; `slot` finds the slots of others.
    pub(super) fn new(
        definition: &DefinitionKind,
        slot: &mut impl FnMut(&Reference) -> Slot,
    ) -> Self {
        match definition {
            DefinitionKind::Record(record) => {
                let object = ObjectNode::new(&record.object, slot);
                Self::Record { key: record.key.clone(), object }
            }
            DefinitionKind::Method(method) => {
                let mut node = |body: &Option<Body>| {
                    let schema = body.as_ref().and_then(|body| body.schema.as_ref());
                    schema.map(|schema| Node::new(&schema.ty, slot))
                };
                let (input, output) = (node(&method.input), node(&method.output));
                Self::Method { kind: method.kind, input, output }
            }
            DefinitionKind::PermissionSet(set) => Self::PermissionSet(set.clone()),
            DefinitionKind::Token => Self::Token,
            DefinitionKind::Value(ty) => Self::Value(Node::new(ty, slot)),
        }
    }
}

impl Node {
    fn new(ty: &Type, slot: &mut impl FnMut(&Reference) -> Slot) -> Self {
        let mut resolve = |name: &Reference| (SmolStr::new(name.as_str()), slot(name));
        match ty {
            Type::Boolean(boolean) => Self::Boolean(boolean.clone()),
            Type::Integer(integer) => Self::Integer(Box::new(integer.clone())),
            Type::String(text) => Self::String(Box::new(text.clone())),
            Type::Bytes(length) => Self::Bytes(*length),
            Type::CidLink => Self::CidLink,
            Type::Blob(blob) => Self::Blob(blob.clone()),
            Type::Array(array) => {
                let items = Box::new(Self::new(&array.items.ty, slot));
                Self::Array { items, length: array.length }
            }
            Type::Object(object) => Self::Object(ObjectNode::new(object, slot)),
            Type::Ref(name) => {
                let (name, slot) = resolve(name);
                Self::Ref(name, slot)
            }
            Type::Union(union) => {
                let variants = union.refs.iter().map(resolve).collect();
                Self::Union { variants, closed: union.closed }
            }
            Type::Unknown => Self::Unknown,
        }
    }
}

impl ObjectNode {
    fn new(object: &Object, slot: &mut impl FnMut(&Reference) -> Slot) -> Self {
        let fields = object.properties.iter().map(|(name, property)| FieldNode {
            name: SmolStr::new(name),
            node: Node::new(&property.schema.ty, slot),
            required: property.required,
            nullable: property.nullable,
            has_default: property.schema.ty.has_default(),
        });
        let mut fields: Vec<FieldNode> = fields.collect();
        fields.sort_unstable_by(|a, b| key_order(&a.name, &b.name));
        Self(fields.into())
    }
}
