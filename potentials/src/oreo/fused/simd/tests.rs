//! Every register against the portable one.

use super::*;
use half::f16;

/// What a kernel of these tests returns: one number per lane and operation.
struct AllOperations<'a> {
    a: &'a Row<f32>,
    b: &'a Row<f32>,
    halves: &'a Row<f16>,
}

impl Kernel<f32> for AllOperations<'_> {
    type Output = Vec<Row<f32>>;

    #[inline(always)]
    fn run<V: Vector<Scalar = f32>>(self) -> Vec<Row<f32>> {
        let mut found = rows(10);
        for v in 0..PANEL / V::LANES {
            let (a, b): (V, V) = (self.a.get(v), self.b.get(v));
            let values = [
                a + b,
                a - b,
                a * b,
                a / b,
                a.mul_add(b, a),
                (a * a).sqrt(),
                a.exp(),
                silu(a),
                silu_with_slope(a).1,
                f16::get::<V>(self.halves, v),
            ];
            for (row, value) in found.iter_mut().zip(values) {
                row.set(v, value);
            }
        }
        found
    }
}

fn operands() -> (Row<f32>, Row<f32>, Row<f16>) {
    let a = std::array::from_fn(|n| (n as f32 - 15.5) * 1.37);
    let b = std::array::from_fn(|n| 0.1 + 0.3 * (n as f32).sin().abs());
    (Row(a), Row(b), Row(a.map(f16::from_f32)))
}

/// Seen to fail with unpackhi for unpacklo in a load, and with a coefficient of the exponential changed in its 5th digit.
#[test]
fn every_instruction_set_computes_what_the_portable_one_does() {
    let (a, b, halves) = operands();
    let run = |set: InstructionSet| {
        set.dispatch(AllOperations {
            a: &a,
            b: &b,
            halves: &halves,
        })
    };
    let expected = run(InstructionSet::Portable);
    for set in InstructionSet::available() {
        for (operation, (found, expected)) in run(set).iter().zip(&expected).enumerate() {
            for (x, y) in found.0.iter().zip(&expected.0) {
                let close = (x - y).abs() <= 3e-7 * y.abs().max(1e-3);
                assert!(close, "{}, operation {operation}: {x} {y}", set.name());
            }
        }
    }
}

struct Sums<'a, T>([&'a Row<T>; 4]);

impl<T: Real> Kernel<T> for Sums<'_, T> {
    type Output = [f64; 4];

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) -> [f64; 4] {
        let mut total = [0.0; 4];
        for v in 0..PANEL / V::LANES {
            let sums = V::sums(self.0.map(|row| row.get::<V>(v)));
            (0..4).for_each(|n| total[n] += sums[n].to_f64());
        }
        total
    }
}

/// Small whole numbers: exact in any order. Catches two sums that change places.
#[test]
fn four_registers_are_summed_in_their_order() {
    fn of<T: Real>() {
        let rows: [Row<T>; 4] = std::array::from_fn(|r| {
            Row(std::array::from_fn(|n| {
                T::from_f64((n * n % 7 + 10 * r) as f64)
            }))
        });
        let expected: [f64; 4] =
            std::array::from_fn(|r| rows[r].0.iter().map(|x| x.to_f64()).sum());
        for set in InstructionSet::available() {
            assert_eq!(
                set.dispatch(Sums(std::array::from_fn(|r| &rows[r]))),
                expected
            );
        }
    }
    of::<f32>();
    of::<f64>();
}

struct Extremes;

impl Kernel<f32> for Extremes {
    type Output = [f32; 4];

    #[inline(always)]
    fn run<V: Vector<Scalar = f32>>(self) -> [f32; 4] {
        [f32::NAN, 1e4, -1e4, 0.0].map(|x| V::sums([silu(V::splat(x)); 4])[0] / V::LANES as f32)
    }
}

/// A NaN that became a number would hide a broken position.
#[test]
fn silu_is_right_at_its_ends_and_passes_nan_on() {
    for set in InstructionSet::available() {
        let [nan, large, small, zero] = set.dispatch(Extremes);
        assert!(nan.is_nan(), "{}", set.name());
        assert_eq!((large, zero), (1e4, 0.0), "{}", set.name());
        assert!(small.abs() < 1e-30, "{}: {small}", set.name());
    }
}

/// silu and its slope of numbers that move with a speed of 50; sums over the lanes.
struct Moving(f64);

impl Kernel<Dual<f32>> for Moving {
    type Output = [Dual<f32>; 2];

    #[inline(always)]
    fn run<V: Vector<Scalar = Dual<f32>>>(self) -> [Dual<f32>; 2] {
        let (value, slope) = silu_with_slope(V::splat(Dual::new(self.0, 50.0)));
        let [value, slope, ..] = V::sums([value, slope, V::zero(), V::zero()]);
        let share = Dual::new(1.0 / V::LANES as f64, 0.0);
        [value * share, slope * share]
    }
}

/// Against f64 formulas. Two atoms that noise puts 0.2 Å apart make numbers of −90. Seen to fail there, with NaN, by the
/// derivative of e⁻ˣ.
#[test]
fn silu_differentiates_at_its_ends() {
    for x in [-1e4, -300.0, -90.0, -80.0, -3.0, 0.0, 2.0, 90.0, 1e4] {
        let sigmoid = 1.0 / (1.0 + f64::exp(-x));
        let slope = sigmoid * (1.0 + x * (1.0 - sigmoid));
        let curvature = sigmoid * (1.0 - sigmoid) * (2.0 + x * (1.0 - 2.0 * sigmoid));
        for set in InstructionSet::available() {
            let [value, by_x] = set.dispatch(Moving(x));
            let near = |found: f32, expected: f64| {
                let close = (f64::from(found) - expected).abs() <= 2e-5 * expected.abs() + 1e-5;
                assert!(close, "{} at {x}: {found}, {expected}", set.name());
            };
            near(value.value, x * sigmoid);
            near(value.tangent, 50.0 * slope);
            near(by_x.value, slope);
            near(by_x.tangent, 50.0 * curvature);
        }
    }
}

#[test]
fn the_peak_is_a_plausible_number() {
    for set in InstructionSet::available() {
        let peak = peak_flops(set);
        assert!((1e8..1e13).contains(&peak), "{}: {peak}", set.name());
    }
}

/// x y, and w + x w′ with a weight that changes as if by a speed of 3.
struct OnRows<'a> {
    x: &'a Row<Dual<f32>>,
    y: &'a mut Row<Dual<f32>>,
    weights: [&'a Row<f32>; 2],
    sum: &'a mut Row<Dual<f32>>,
}

impl Kernel<Dual<f32>> for OnRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = Dual<f32>>>(self) {
        for v in 0..PANEL / V::LANES {
            let (x, y): (V, V) = (self.x.get(v), self.y.get(v));
            self.y.set(v, x * y);
            let [w, slope] = self.weights.map(|row| V::get_constant(row, v));
            let sum = x.times(slope) + V::moving(w, slope, 3.0);
            self.sum
                .set(v, sum + V::fixed(w).mul_add_constant(slope, x));
        }
    }
}

/// Registers against lanes. Seen to fail with the second half of a row read at the wrong place.
#[test]
fn rows_of_dual_numbers_are_the_same_by_lanes_and_by_registers() {
    let row = |factor: f64| {
        let mut row = Row::default();
        for n in 0..PANEL {
            let n64 = n as f64;
            row.set_lane(n, Dual::new(factor * n64, 100.0 + factor * n64));
        }
        row
    };
    let weights = [0.5f32, 2.0].map(|w| Row(std::array::from_fn(|n| w + n as f32)));
    for set in InstructionSet::available() {
        let (x, mut y, mut sum) = (row(0.25), row(1.5), Row::default());
        set.dispatch(OnRows {
            x: &x,
            y: &mut y,
            weights: weights.each_ref(),
            sum: &mut sum,
        });
        for n in 0..PANEL {
            let (a, b) = (x.lane(n), row(1.5).lane(n));
            assert_eq!(y.lane(n), a * b, "{} {n}", set.name());
            let [w, slope] = weights.map(|row| row.lane(n));
            let expected = Dual {
                value: a.value * slope + w + (w * slope + a.value),
                tangent: a.tangent * slope + slope * 3.0 + a.tangent,
            };
            let found = sum.lane(n);
            assert!((found.value - expected.value).abs() < 1e-3);
            assert!((found.tangent - expected.tangent).abs() < 1e-3, "{n}");
            assert_eq!(x.halves()[0].0[n], a.value);
            assert_eq!(Dual::four(&x, n / 4 * 4)[n % 4], a);
        }
    }
}

/// f(x) = √(e^(x y) / (x + 3)) with y = 2 x − 1 moving along, against differences.
#[test]
fn dual_numbers_differentiate() {
    let f = |x: f64| ((x * (2.0 * x - 1.0)).exp() / (x + 3.0)).sqrt();
    for x in [-0.7, 0.0, 0.4, 1.3] {
        let dual = |value, tangent| Dual::<f64>::new(value, tangent);
        let (at, y) = (dual(x, 1.0), dual(2.0 * x - 1.0, 2.0));
        let found = ((at * y).exp() / (at + dual(3.0, 0.0))).sqrt();
        let slope = (f(x + 1e-6) - f(x - 1e-6)) / 2e-6;
        assert!((found.value - f(x)).abs() < 1e-14, "{x}");
        assert!(
            (found.tangent - slope).abs() < 1e-8,
            "{x}: {} {slope}",
            found.tangent
        );
    }
    assert_eq!(Dual::<f64>::new(0.0, 0.0).sqrt(), Dual::new(0.0, 0.0));
}
