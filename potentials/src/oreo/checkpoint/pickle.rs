//! A pickle as plain values: an explicit machine that records what a pickle says and executes nothing.
//!
//! Python's own reader calls whatever a pickle names. This one has no notion of calling: a "call" becomes a
//! [`Node::Call`] that holds the name and the arguments, and its reader decides which few names it understands.
//! Nodes live in one arena and refer to each other by index, so sharing and cycles cost nothing, nothing recurses,
//! and memory is at most a fixed multiple of the pickle's length. Opcodes: Python's `pickletools` documentation,
//! protocols 2 to 5, without the text forms of protocol 0 that PyTorch never writes.

use std::collections::HashMap;

/// Index into [`Heap`].
pub type Ref = usize;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Node<'a> {
    None,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(&'a str),
    /// Bytes, and integers beyond 64 bits; their content is never needed.
    Opaque,
    /// Tuples, lists and sets.
    Sequence(Vec<Ref>),
    Dict(Vec<(Ref, Ref)>),
    /// A name from a module: (`torch`, `FloatStorage`).
    Global(&'a str, &'a str),
    /// What Python would call, never called: its items were set, and its attributes, one by one or in a dict.
    Call {
        function: Ref,
        arguments: Ref,
        items: Vec<(Ref, Ref)>,
        state: Option<Ref>,
    },
    /// What the archive keeps elsewhere.
    Persistent(Ref),
}

/// All values of a pickle.
pub struct Heap<'a> {
    nodes: Vec<Node<'a>>,
    /// The value of the whole pickle.
    pub root: Ref,
}

impl<'a> Heap<'a> {
    /// Every `Ref` inside a heap comes from the machine, hence exists.
    pub fn node(&self, at: Ref) -> &Node<'a> {
        &self.nodes[at]
    }
}

/// What is wrong, and at which byte.
pub type Outcome<T> = Result<T, String>;

/// Reads a whole pickle.
pub fn read(pickle: &[u8]) -> Outcome<Heap<'_>> {
    let mut machine = Machine {
        input: pickle,
        at: 0,
        nodes: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
    };
    loop {
        let at = machine.at;
        match machine.step() {
            Ok(None) => {}
            Ok(Some(root)) => {
                let nodes = machine.nodes;
                return Ok(Heap { nodes, root });
            }
            Err(problem) => return Err(format!("pickle, byte {at}: {problem}")),
        }
    }
}

struct Machine<'a> {
    input: &'a [u8],
    at: usize,
    nodes: Vec<Node<'a>>,
    stack: Vec<Ref>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: HashMap<u64, Ref>,
}

impl<'a> Machine<'a> {
    /// One opcode; the result at the last one. Long because it is a table.
    fn step(&mut self) -> Outcome<Option<Ref>> {
        match self.bytes(1)?[0] {
            b'.' => return self.pop().map(Some),
            0x80 => self.protocol()?,
            0x95 => drop(self.bytes(8)?),
            b'N' => self.push(Node::None),
            0x88 => self.push(Node::Bool(true)),
            0x89 => self.push(Node::Bool(false)),
            b'J' => self.signed(4)?,
            b'K' => self.integer(1)?,
            b'M' => self.integer(2)?,
            0x8a => self.long(1)?,
            0x8b => self.long(4)?,
            b'G' => self.float()?,
            b'X' => self.text(4)?,
            0x8c => self.text(1)?,
            0x8d => self.text(8)?,
            b'U' => self.old_text(1)?,
            b'T' => self.old_text(4)?,
            b'C' => self.opaque(1)?,
            b'B' => self.opaque(4)?,
            0x8e | 0x96 => self.opaque(8)?,
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.since_mark()?),
            b'2' => self.duplicate()?,
            b')' | b']' | 0x8f => self.push(Node::Sequence(Vec::new())),
            b'}' => self.push(Node::Dict(Vec::new())),
            b't' | b'l' | 0x91 => self.sequence()?,
            0x85 => self.tuple(1)?,
            0x86 => self.tuple(2)?,
            0x87 => self.tuple(3)?,
            b'd' => self.dict()?,
            b'a' => self.append()?,
            b'e' | 0x90 => self.extend()?,
            b's' => self.set_item()?,
            b'u' => self.set_items()?,
            b'c' => self.global()?,
            0x93 => self.global_from_stack()?,
            b'R' | 0x81 => self.call()?,
            0x92 => self.call_with_keywords()?,
            b'b' => self.build()?,
            b'Q' => self.persistent()?,
            b'q' => self.memoize(1)?,
            b'r' => self.memoize(4)?,
            0x94 => self.memoize_next()?,
            b'h' => self.recall(1)?,
            b'j' => self.recall(4)?,
            other => return Err(format!("opcode {other:#04x} is not understood")),
        }
        Ok(None)
    }

    fn bytes(&mut self, count: usize) -> Outcome<&'a [u8]> {
        let rest = &self.input[self.at..];
        let taken = rest.get(..count).ok_or("ends in the middle of a value")?;
        self.at += count;
        Ok(taken)
    }

    /// Little-endian, at most eight bytes.
    fn number(&mut self, width: usize) -> Outcome<u64> {
        let mut number = [0; 8];
        number[..width].copy_from_slice(self.bytes(width)?);
        Ok(u64::from_le_bytes(number))
    }

    /// A length of `width` bytes, then as many bytes.
    fn counted(&mut self, width: usize) -> Outcome<&'a [u8]> {
        let length = self.number(width)?;
        self.bytes(usize::try_from(length).unwrap_or(usize::MAX))
    }

    fn line(&mut self) -> Outcome<&'a str> {
        let rest = &self.input[self.at..];
        let end = rest.iter().position(|&byte| byte == b'\n');
        let line = self.bytes(end.ok_or("a name does not end")?)?;
        self.at += 1;
        utf8(line)
    }

    fn push(&mut self, node: Node<'a>) {
        self.stack.push(self.nodes.len());
        self.nodes.push(node);
    }

    fn pop(&mut self) -> Outcome<Ref> {
        self.stack
            .pop()
            .ok_or_else(|| "takes from an empty stack".into())
    }

    fn top(&self) -> Outcome<Ref> {
        let top = self.stack.last().copied();
        top.ok_or_else(|| "looks at an empty stack".into())
    }

    fn since_mark(&mut self) -> Outcome<Vec<Ref>> {
        let height = self.marks.pop().ok_or("has no mark")?;
        if height > self.stack.len() {
            return Err("takes values from before its mark".into());
        }
        Ok(self.stack.split_off(height))
    }

    fn protocol(&mut self) -> Outcome<()> {
        match self.number(1)? {
            0..=5 => Ok(()),
            newer => Err(format!("protocol {newer} is not understood")),
        }
    }

    fn integer(&mut self, width: usize) -> Outcome<()> {
        let number = self.number(width)? as i64;
        self.push(Node::Integer(number));
        Ok(())
    }

    /// Two's complement: the sign bit moves to the top and back.
    fn signed(&mut self, width: usize) -> Outcome<()> {
        let unused = 64 - 8 * width as u32;
        let number = (self.number(width)? << unused) as i64 >> unused;
        self.push(Node::Integer(number));
        Ok(())
    }

    fn long(&mut self, width: usize) -> Outcome<()> {
        let digits = self.counted(width)?;
        match digits.len() {
            0 => self.push(Node::Integer(0)),
            1..=8 => {
                self.at -= digits.len();
                self.signed(digits.len())?;
            }
            _ => self.push(Node::Opaque),
        }
        Ok(())
    }

    /// The one big-endian number of the format.
    fn float(&mut self) -> Outcome<()> {
        let bits = self.number(8)?.swap_bytes();
        self.push(Node::Float(f64::from_bits(bits)));
        Ok(())
    }

    fn text(&mut self, width: usize) -> Outcome<()> {
        let text = utf8(self.counted(width)?)?;
        self.push(Node::Text(text));
        Ok(())
    }

    /// Python 2 did not distinguish text and bytes.
    fn old_text(&mut self, width: usize) -> Outcome<()> {
        let bytes = self.counted(width)?;
        self.push(utf8(bytes).map_or(Node::Opaque, Node::Text));
        Ok(())
    }

    fn opaque(&mut self, width: usize) -> Outcome<()> {
        self.counted(width)?;
        self.push(Node::Opaque);
        Ok(())
    }

    fn duplicate(&mut self) -> Outcome<()> {
        let top = self.top()?;
        self.stack.push(top);
        Ok(())
    }

    fn sequence(&mut self) -> Outcome<()> {
        let values = self.since_mark()?;
        self.push(Node::Sequence(values));
        Ok(())
    }

    fn tuple(&mut self, length: usize) -> Outcome<()> {
        let start = self.stack.len().checked_sub(length);
        let values = self
            .stack
            .split_off(start.ok_or("takes from an empty stack")?);
        self.push(Node::Sequence(values));
        Ok(())
    }

    fn dict(&mut self) -> Outcome<()> {
        let pairs = pairs(&self.since_mark()?)?;
        self.push(Node::Dict(pairs));
        Ok(())
    }

    fn append(&mut self) -> Outcome<()> {
        let value = self.pop()?;
        self.add_values(vec![value])
    }

    fn extend(&mut self) -> Outcome<()> {
        let values = self.since_mark()?;
        self.add_values(values)
    }

    /// Values appended to an object of an unknown class are of no interest.
    fn add_values(&mut self, mut values: Vec<Ref>) -> Outcome<()> {
        let target = self.top()?;
        match &mut self.nodes[target] {
            Node::Sequence(sequence) => sequence.append(&mut values),
            Node::Call { .. } => {}
            _ => return Err("appends to what is not a list".into()),
        }
        Ok(())
    }

    fn set_item(&mut self) -> Outcome<()> {
        let value = self.pop()?;
        let key = self.pop()?;
        self.add_pairs(vec![(key, value)])
    }

    fn set_items(&mut self) -> Outcome<()> {
        let pairs = pairs(&self.since_mark()?)?;
        self.add_pairs(pairs)
    }

    fn add_pairs(&mut self, mut pairs: Vec<(Ref, Ref)>) -> Outcome<()> {
        let target = self.top()?;
        match &mut self.nodes[target] {
            Node::Dict(entries) | Node::Call { items: entries, .. } => entries.append(&mut pairs),
            _ => return Err("sets items of what is not a dict".into()),
        }
        Ok(())
    }

    fn global(&mut self) -> Outcome<()> {
        let (module, name) = (self.line()?, self.line()?);
        self.push(Node::Global(module, name));
        Ok(())
    }

    fn global_from_stack(&mut self) -> Outcome<()> {
        let (name, module) = (self.pop()?, self.pop()?);
        match (&self.nodes[module], &self.nodes[name]) {
            (&Node::Text(module), &Node::Text(name)) => self.push(Node::Global(module, name)),
            _ => return Err("names a global by something that is not text".into()),
        }
        Ok(())
    }

    fn call(&mut self) -> Outcome<()> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        self.push(Node::Call {
            function,
            arguments,
            items: Vec::new(),
            state: None,
        });
        Ok(())
    }

    fn call_with_keywords(&mut self) -> Outcome<()> {
        self.pop()?;
        self.call()
    }

    fn build(&mut self) -> Outcome<()> {
        let attributes = self.pop()?;
        let target = self.top()?;
        if let Node::Call { state, .. } = &mut self.nodes[target] {
            *state = Some(attributes);
        }
        Ok(())
    }

    fn persistent(&mut self) -> Outcome<()> {
        let id = self.pop()?;
        self.push(Node::Persistent(id));
        Ok(())
    }

    fn memoize(&mut self, width: usize) -> Outcome<()> {
        let key = self.number(width)?;
        self.memo.insert(key, self.top()?);
        Ok(())
    }

    fn memoize_next(&mut self) -> Outcome<()> {
        let key = self.memo.len() as u64;
        self.memo.insert(key, self.top()?);
        Ok(())
    }

    fn recall(&mut self, width: usize) -> Outcome<()> {
        let key = self.number(width)?;
        let value = self.memo.get(&key).ok_or("recalls what was never kept")?;
        self.stack.push(*value);
        Ok(())
    }
}

fn utf8(bytes: &[u8]) -> Outcome<&str> {
    std::str::from_utf8(bytes).map_err(|_| "text that is not UTF-8".into())
}

fn pairs(values: &[Ref]) -> Outcome<Vec<(Ref, Ref)>> {
    if !values.len().is_multiple_of(2) {
        return Err("a key without a value".into());
    }
    Ok(values
        .chunks_exact(2)
        .map(|pair| (pair[0], pair[1]))
        .collect())
}
