//! What the pickle of a checkpoint means: the closed list of Python names that make up tensors and dictionaries.

use super::super::contents::{NumberType, Stored};
use super::super::error::WeightsProblem;
use super::super::options::HyperParameters;
use super::pickle::{Heap, Node, Ref};
use super::Archive;
use serde_json::Value;

/// Values, bytes of a text and dimensions beyond which something is no option, name or tensor. A pickle can refer to
/// one long text a million times; without these limits each reference would become a copy.
const MOST_VALUES: usize = 10_000;
const LONGEST_TEXT: usize = 4_096;
const MOST_DIMENSIONS: usize = 8;

/// `hyper_parameters` of the checkpoint, each as a plain value or, if it is none, its class in angle brackets.
pub fn hyper_parameters(heap: &Heap<'_>) -> Result<HyperParameters, WeightsProblem> {
    let missing = || WeightsProblem::NoHyperParameters("'hyper_parameters' in its checkpoint");
    let place = lookup(heap, heap.root, "hyper_parameters").ok_or_else(missing)?;
    let mut left = MOST_VALUES;
    let mut options = HyperParameters::new();
    let pairs = entries(heap, place).ok_or_else(missing)?;
    for &(key, value) in pairs.iter().take(MOST_VALUES) {
        if let Node::Text(key) = heap.node(key) {
            options.insert(short(key), plain(heap, value, 4, &mut left));
        }
    }
    Ok(options)
}

/// Every tensor of the checkpoint's `state_dict`, by its name there.
pub fn state_dict<'a>(
    heap: &Heap<'a>,
    archive: &mut Archive<'a>,
) -> Result<Vec<(&'a str, Stored<'a>)>, WeightsProblem> {
    let missing = || WeightsProblem::Damaged("the checkpoint has no 'state_dict'".into());
    let place = lookup(heap, heap.root, "state_dict").ok_or_else(missing)?;
    let mut tensors = Vec::new();
    for &(key, value) in entries(heap, place).ok_or_else(missing)? {
        let &Node::Text(name) = heap.node(key) else {
            continue;
        };
        // `mean` or `std` of a model without them.
        if *heap.node(value) == Node::None {
            continue;
        }
        tensors.push((name, tensor(heap, value, archive)?));
    }
    Ok(tensors)
}

/// Items of a dict, of a class derived from it (never its methods), or else the attributes of an object.
fn entries<'h>(heap: &'h Heap<'_>, place: Ref) -> Option<&'h [(Ref, Ref)]> {
    match heap.node(place) {
        Node::Dict(pairs) => Some(pairs),
        Node::Call { items, state, .. } => match state.map(|state| heap.node(state)) {
            Some(Node::Dict(attributes)) if items.is_empty() => Some(attributes),
            _ => Some(items),
        },
        _ => None,
    }
}

/// The last of equal keys, as in Python.
fn lookup(heap: &Heap<'_>, place: Ref, key: &str) -> Option<Ref> {
    let mut pairs = entries(heap, place)?.iter().rev();
    let found =
        pairs.find(|(name, _)| matches!(heap.node(*name), Node::Text(text) if *text == key));
    found.map(|&(_, value)| value)
}

/// `left` and `depth` bound the work: a few shared lists can stand for billions of values.
fn plain(heap: &Heap<'_>, place: Ref, depth: usize, left: &mut usize) -> Value {
    if depth == 0 || *left == 0 {
        return Value::from("<nested>");
    }
    *left -= 1;
    match heap.node(place) {
        Node::None => Value::Null,
        Node::Bool(flag) => (*flag).into(),
        Node::Integer(number) => (*number).into(),
        // JSON knows no NaN.
        Node::Float(number) if !number.is_finite() => number.to_string().into(),
        Node::Float(number) => (*number).into(),
        Node::Text(text) => short(text).into(),
        Node::Sequence(values) => {
            let most = values.iter().take(*left);
            let values = most.map(|&value| plain(heap, value, depth - 1, left));
            Value::Array(values.collect())
        }
        _ => format!("<{}>", class(heap, place)).into(),
    }
}

/// What stands at a place, for messages.
fn class(heap: &Heap<'_>, place: Ref) -> String {
    match heap.node(place) {
        Node::Call { function, .. } => match heap.node(*function) {
            Node::Global(module, name) => short(&format!("{module}.{name}")),
            _ => "an unnamed object".into(),
        },
        Node::Global(module, name) => short(&format!("{module}.{name}")),
        Node::Dict(_) => "dict".into(),
        Node::Persistent(_) => "storage".into(),
        _ => "a plain value".into(),
    }
}

/// A tensor, or a stand-in that names what it is; only a tensor that the network needs must be understood.
fn tensor<'a>(
    heap: &Heap<'a>,
    place: Ref,
    archive: &mut Archive<'a>,
) -> Result<Stored<'a>, WeightsProblem> {
    let place = inside_parameter(heap, place);
    let Some(view) = view(heap, place) else {
        return Ok(not_understood(format!(
            "the Python object {}",
            class(heap, place)
        )));
    };
    let Some((number_type, key)) = storage(heap, view.storage) else {
        return Ok(not_understood("a storage of unknown form".into()));
    };
    let storage = match number_type {
        NumberType::Other(_) => &[],
        _ => archive.entry(&format!("data/{key}"))?,
    };
    Ok(Stored {
        number_type,
        shape: view.shape,
        strides: view.strides,
        offset: view.offset,
        storage,
        big_endian: archive.big_endian,
    })
}

fn not_understood<'a>(name: String) -> Stored<'a> {
    Stored {
        number_type: NumberType::Other(name),
        shape: Vec::new(),
        strides: Vec::new(),
        offset: 0,
        storage: &[],
        big_endian: false,
    }
}

struct TensorView {
    storage: Ref,
    offset: usize,
    shape: Vec<usize>,
    strides: Vec<usize>,
}

/// A trainable tensor stands inside `_rebuild_parameter(tensor, …)`.
fn inside_parameter(heap: &Heap<'_>, place: Ref) -> Ref {
    let wrappers = ["_rebuild_parameter", "_rebuild_parameter_with_state"];
    let wrapped = arguments(heap, place, &wrappers).and_then(<[Ref]>::first);
    wrapped.copied().unwrap_or(place)
}

/// `_rebuild_tensor_v2(storage, offset, shape, strides, …)`
fn view(heap: &Heap<'_>, place: Ref) -> Option<TensorView> {
    let arguments = arguments(heap, place, &["_rebuild_tensor_v2"])?;
    Some(TensorView {
        storage: *arguments.first()?,
        offset: size(heap, *arguments.get(1)?)?,
        shape: sizes(heap, *arguments.get(2)?)?,
        strides: sizes(heap, *arguments.get(3)?)?,
    })
}

/// The arguments of a call to one of the functions of `torch._utils`.
fn arguments<'h>(heap: &'h Heap<'_>, place: Ref, functions: &[&str]) -> Option<&'h [Ref]> {
    match called(heap, place)? {
        (Node::Global("torch._utils", name), arguments) if functions.contains(name) => {
            Some(arguments)
        }
        _ => None,
    }
}

/// What would be called, and with what.
fn called<'h, 'a>(heap: &'h Heap<'a>, place: Ref) -> Option<(&'h Node<'a>, &'h [Ref])> {
    let Node::Call {
        function,
        arguments,
        ..
    } = heap.node(place)
    else {
        return None;
    };
    match heap.node(*arguments) {
        Node::Sequence(arguments) => Some((heap.node(*function), arguments)),
        _ => None,
    }
}

fn size(heap: &Heap<'_>, place: Ref) -> Option<usize> {
    match heap.node(place) {
        Node::Integer(number) => usize::try_from(*number).ok(),
        _ => None,
    }
}

/// A tuple of integers or a `torch.Size` of one.
fn sizes(heap: &Heap<'_>, mut place: Ref) -> Option<Vec<usize>> {
    if let Some((Node::Global("torch", "Size"), arguments)) = called(heap, place) {
        place = *arguments.first()?;
    }
    match heap.node(place) {
        Node::Sequence(values) if values.len() <= MOST_DIMENSIONS => {
            values.iter().map(|&value| size(heap, value)).collect()
        }
        _ => None,
    }
}

/// Type and key of `('storage', torch.FloatStorage, key, device, count)`.
fn storage<'a>(heap: &Heap<'a>, place: Ref) -> Option<(NumberType, &'a str)> {
    let Node::Persistent(id) = heap.node(place) else {
        return None;
    };
    let Node::Sequence(id) = heap.node(*id) else {
        return None;
    };
    let [tag, class, key, ..] = id[..] else {
        return None;
    };
    match (heap.node(tag), heap.node(class), heap.node(key)) {
        (Node::Text("storage"), Node::Global("torch", class), Node::Text(key)) => {
            Some((number_type(class), key))
        }
        _ => None,
    }
}

fn number_type(storage_class: &str) -> NumberType {
    match storage_class {
        "HalfStorage" => NumberType::F16,
        "BFloat16Storage" => NumberType::Bf16,
        "FloatStorage" => NumberType::F32,
        "DoubleStorage" => NumberType::F64,
        other => NumberType::Other(short(&format!("torch.{other}"))),
    }
}

fn short(text: &str) -> String {
    if text.len() <= LONGEST_TEXT {
        return text.to_string();
    }
    text.chars().take(60).chain("…".chars()).collect()
}
