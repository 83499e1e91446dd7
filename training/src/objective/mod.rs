//! What is asked of the forces, term by term.
