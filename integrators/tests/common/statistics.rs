//! Means, errors of correlated series, and the Kolmogorov–Smirnov test.

pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

pub fn variance(values: &[f64]) -> f64 {
    let center = mean(values);
    values.iter().map(|v| (v - center).powi(2)).sum::<f64>() / (values.len() - 1) as f64
}

/// Standard error of the mean of a correlated series, from 40 block means (Flyvbjerg & Petersen, J. Chem. Phys. 91, 461
/// (1989)); right when a block is much longer than the correlation time.
pub fn block_error(values: &[f64]) -> f64 {
    let means = block_means(values, 40);
    (variance(&means) / means.len() as f64).sqrt()
}

pub fn block_means(values: &[f64], blocks: usize) -> Vec<f64> {
    values
        .chunks_exact(values.len() / blocks)
        .map(mean)
        .collect()
}

/// Slope per entry and its standard error, by least squares over block means, which are nearly independent.
pub fn slope(values: &[f64], blocks: usize) -> (f64, f64) {
    let means = block_means(values, blocks);
    let per_block = (values.len() / blocks) as f64;
    let n = means.len() as f64;
    let (middle, center) = (0.5 * (n - 1.0), mean(&means));
    let time = |k: usize| k as f64 - middle;
    let spread: f64 = (0..means.len()).map(|k| time(k).powi(2)).sum();
    let slope = means
        .iter()
        .enumerate()
        .map(|(k, m)| time(k) * (m - center))
        .sum::<f64>()
        / spread;
    let residue = |(k, m): (usize, &f64)| (m - center - slope * time(k)).powi(2);
    let rest = means.iter().enumerate().map(residue).sum::<f64>() / (n - 2.0);
    (slope / per_block, (rest / spread).sqrt() / per_block)
}

/// Correlation between entries `lag` apart.
pub fn autocorrelation(values: &[f64], lag: usize) -> f64 {
    let center = mean(values);
    let products = values
        .windows(lag + 1)
        .map(|w| (w[0] - center) * (w[lag] - center));
    products.sum::<f64>() / (values.len() - lag) as f64 / variance(values)
}

/// How many correlated entries carry the information of one: 1 + 2 Σ ρ(lag), summed until ρ is lost in noise.
pub fn statistical_inefficiency(values: &[f64]) -> f64 {
    let noise = 2.0 / (values.len() as f64).sqrt();
    let correlations = (1..1000).map(|lag| autocorrelation(values, lag));
    1.0 + 2.0 * correlations.take_while(|&rho| rho > noise).sum::<f64>()
}

/// p-value of the Kolmogorov–Smirnov test of *independent* samples against a cumulative distribution; the series of
/// Kolmogorov with Stephens' correction for finite n (J. R. Stat. Soc. B 32, 115 (1970)).
pub fn kolmogorov_smirnov(samples: &[f64], cumulative: impl Fn(f64) -> f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let distance = sorted.iter().enumerate().fold(0.0f64, |worst, (k, &x)| {
        let below = cumulative(x);
        worst
            .max(below - k as f64 / n)
            .max((k + 1) as f64 / n - below)
    });
    let lambda = (n.sqrt() + 0.12 + 0.11 / n.sqrt()) * distance;
    if lambda < 0.2 {
        return 1.0; // the series converges too slowly there; p > 1 − 1e-12
    }
    let term = |k: i32| -(-1f64).powi(k) * (-2.0 * f64::from(k * k) * lambda * lambda).exp();
    2.0 * (1..100).map(term).sum::<f64>()
}

/// P(X < x) for a standard normal X.
pub fn normal_cumulative(x: f64) -> f64 {
    let half = 0.5 * gamma_cumulative(1, 0.5 * x * x);
    0.5 + half.copysign(x)
}

/// P(X < x) for a gamma variate of shape `twice_shape`/2 and scale 1: regularised incomplete gamma function by the
/// recurrence P(a + 1, x) = P(a, x) − x^a e^(−x)/Γ(a + 1).
pub fn gamma_cumulative(twice_shape: usize, x: f64) -> f64 {
    let odd = twice_shape % 2 == 1;
    let mut a = if odd { 0.5 } else { 1.0 };
    let mut cumulative = if odd { erf(x.sqrt()) } else { 1.0 - (-x).exp() };
    // x^a e^(−x)/Γ(a + 1)
    let mut term = if odd {
        2.0 * (x / std::f64::consts::PI).sqrt() * (-x).exp()
    } else {
        x * (-x).exp()
    };
    while 2.0 * a < twice_shape as f64 {
        cumulative -= term;
        a += 1.0;
        term *= x / a;
    }
    cumulative
}

/// Maclaurin series up to 3 (errors below 1e-13), continued fraction of the complement beyond.
fn erf(x: f64) -> f64 {
    if x < 3.0 {
        let mut term = 2.0 / std::f64::consts::PI.sqrt() * x;
        let mut sum = term;
        for n in 1..80 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        return sum;
    }
    let fraction = (1..60)
        .rev()
        .fold(x, |below, k| x + 0.5 * f64::from(k) / below);
    1.0 - (-x * x).exp() / (fraction * std::f64::consts::PI.sqrt())
}

#[test]
fn cumulative_distributions_at_tabulated_points() {
    assert!((normal_cumulative(1.959_963_985) - 0.975).abs() < 1e-9);
    assert!((normal_cumulative(-5.0) - 2.866_515_7e-7).abs() < 1e-12);
    // χ² tables: 95 % points for 1, 3, 6 degrees of freedom
    for (dof, point) in [(1, 3.841_458_821), (3, 7.814_727_903), (6, 12.591_587_24)] {
        assert!((gamma_cumulative(dof, 0.5 * point) - 0.95).abs() < 1e-8);
    }
}
