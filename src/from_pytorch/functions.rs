//! # Functions
//!
//! A function of values is a method of `Var`, recorded, and of `Tensor` (with `TensorExt` in scope), for numbers alone.
//!
//! ## Functions of torch.nn.functional
//!
//! | `torch.nn.functional` | gradus |
//! |---|---|
//! | `adaptive_avg_pool1d`, `adaptive_avg_pool2d`, `adaptive_avg_pool3d` | [`Var::adaptive_avg_pool`](crate::autograd::Var::adaptive_avg_pool) |
//! | `adaptive_max_pool1d`, `adaptive_max_pool1d_with_indices`, `adaptive_max_pool2d`, `adaptive_max_pool2d_with_indices`, `adaptive_max_pool3d`, `adaptive_max_pool3d_with_indices` | [`Var::adaptive_max_pool`](crate::autograd::Var::adaptive_max_pool) |
//! | `alpha_dropout` | [`nn::AlphaDropout`](crate::nn::AlphaDropout) |
//! | `avg_pool1d`, `avg_pool2d`, `avg_pool3d` | [`Var::avg_pool`](crate::autograd::Var::avg_pool) |
//! | `batch_norm` | [`Var::batch_norm`](crate::autograd::Var::batch_norm) |
//! | `bilinear` | [`Var::bilinear`](crate::autograd::Var::bilinear) |
//! | `binary_cross_entropy` | [`Var::binary_cross_entropy`](crate::autograd::Var::binary_cross_entropy) |
//! | `binary_cross_entropy_with_logits` | [`Var::binary_cross_entropy_with_logits`](crate::autograd::Var::binary_cross_entropy_with_logits) |
//! | `celu` | [`Var::celu`](crate::autograd::Var::celu) |
//! | `channel_shuffle`, `native_channel_shuffle` | [`Var::channel_shuffle`](crate::autograd::Var::channel_shuffle) |
//! | `conv1d`, `conv2d`, `conv3d` | [`Var::conv`](crate::autograd::Var::conv) |
//! | `conv_transpose1d`, `conv_transpose2d`, `conv_transpose3d` | [`Var::conv_transpose`](crate::autograd::Var::conv_transpose) |
//! | `cosine_embedding_loss` | [`Var::cosine_embedding_loss`](crate::autograd::Var::cosine_embedding_loss) |
//! | `cosine_similarity` | [`Var::cosine_similarity`](crate::autograd::Var::cosine_similarity) |
//! | `cross_entropy` | [`Var::cross_entropy`](crate::autograd::Var::cross_entropy) |
//! | `ctc_loss` | [`Var::ctc_loss`](crate::autograd::Var::ctc_loss) |
//! | `dropout` | [`nn::Dropout`](crate::nn::Dropout) |
//! | `dropout1d` | [`nn::Dropout1d`](crate::nn::Dropout1d) |
//! | `dropout2d` | [`nn::Dropout2d`](crate::nn::Dropout2d) |
//! | `dropout3d` | [`nn::Dropout3d`](crate::nn::Dropout3d) |
//! | `elu` | [`Var::elu`](crate::autograd::Var::elu) |
//! | `embedding` | [`Var::embedding`](crate::autograd::Var::embedding) |
//! | `embedding_bag` | [`Var::embedding_bag`](crate::autograd::Var::embedding_bag) |
//! | `feature_alpha_dropout` | [`nn::FeatureAlphaDropout`](crate::nn::FeatureAlphaDropout) |
//! | `fold` | [`Var::fold`](crate::autograd::Var::fold) |
//! | `fractional_max_pool2d`, `fractional_max_pool2d_with_indices` | [`nn::FractionalMaxPool2d`](crate::nn::FractionalMaxPool2d) |
//! | `fractional_max_pool3d`, `fractional_max_pool3d_with_indices` | [`nn::FractionalMaxPool3d`](crate::nn::FractionalMaxPool3d) |
//! | `gaussian_nll_loss` | [`Var::gaussian_nll_loss`](crate::autograd::Var::gaussian_nll_loss) |
//! | `gelu` | [`Var::gelu`](crate::autograd::Var::gelu) |
//! | `glu` | [`Var::glu`](crate::autograd::Var::glu) |
//! | `grid_sample` | [`Var::grid_sample`](crate::autograd::Var::grid_sample) |
//! | `group_norm` | [`Var::group_norm`](crate::autograd::Var::group_norm) |
//! | `gumbel_softmax` | [`Var::gumbel_softmax`](crate::autograd::Var::gumbel_softmax) |
//! | `hardshrink` | [`Var::hardshrink`](crate::autograd::Var::hardshrink) |
//! | `hardsigmoid` | [`Var::hardsigmoid`](crate::autograd::Var::hardsigmoid) |
//! | `hardswish` | [`Var::hardswish`](crate::autograd::Var::hardswish) |
//! | `hardtanh` | [`Var::clip`](crate::autograd::Var::clip) |
//! | `hinge_embedding_loss` | [`Var::hinge_embedding_loss`](crate::autograd::Var::hinge_embedding_loss) |
//! | `huber_loss` | [`Var::huber_loss`](crate::autograd::Var::huber_loss) |
//! | `instance_norm` | [`nn::InstanceNorm`](crate::nn::InstanceNorm) |
//! | `interpolate`, `upsample`, `upsample_bilinear`, `upsample_nearest` | [`Var::resize`](crate::autograd::Var::resize) |
//! | `kl_div` | [`Var::kl_div`](crate::autograd::Var::kl_div) |
//! | `l1_loss` | [`Var::l1_loss`](crate::autograd::Var::l1_loss) |
//! | `layer_norm` | [`Var::layer_norm`](crate::autograd::Var::layer_norm) |
//! | `leaky_relu` | [`Var::leaky_relu`](crate::autograd::Var::leaky_relu) |
//! | `linear` | [`Var::linear`](crate::autograd::Var::linear) |
//! | `local_response_norm` | [`Var::local_response_norm`](crate::autograd::Var::local_response_norm) |
//! | `log_softmax` | [`Var::log_softmax`](crate::autograd::Var::log_softmax) |
//! | `logsigmoid` | [`Var::log_sigmoid`](crate::autograd::Var::log_sigmoid) |
//! | `lp_pool1d`, `lp_pool2d`, `lp_pool3d` | [`Var::lp_pool`](crate::autograd::Var::lp_pool) |
//! | `margin_ranking_loss` | [`Var::margin_ranking_loss`](crate::autograd::Var::margin_ranking_loss) |
//! | `max_pool1d`, `max_pool1d_with_indices`, `max_pool2d`, `max_pool2d_with_indices`, `max_pool3d`, `max_pool3d_with_indices` | [`Var::max_pool`](crate::autograd::Var::max_pool) |
//! | `max_unpool1d`, `max_unpool2d`, `max_unpool3d` | [`Var::max_unpool`](crate::autograd::Var::max_unpool) |
//! | `mish` | [`Var::mish`](crate::autograd::Var::mish) |
//! | `mse_loss` | [`Var::mse`](crate::autograd::Var::mse) |
//! | `multi_head_attention_forward` | [`nn::MultiheadAttention`](crate::nn::MultiheadAttention) |
//! | `multi_margin_loss` | [`Var::multi_margin_loss`](crate::autograd::Var::multi_margin_loss) |
//! | `multilabel_margin_loss` | [`Var::multilabel_margin_loss`](crate::autograd::Var::multilabel_margin_loss) |
//! | `multilabel_soft_margin_loss` | [`Var::multilabel_soft_margin_loss`](crate::autograd::Var::multilabel_soft_margin_loss) |
//! | `nll_loss` | [`Var::nll_loss`](crate::autograd::Var::nll_loss) |
//! | `normalize` | [`Var::normalize`](crate::autograd::Var::normalize) |
//! | `one_hot` | [`Tensor::one_hot`](crate::tensor::Tensor::one_hot) |
//! | `pad` | [`Var::pad`](crate::autograd::Var::pad) |
//! | `pairwise_distance` | [`Var::pairwise_distance`](crate::autograd::Var::pairwise_distance) |
//! | `pdist` | [`Var::pdist`](crate::autograd::Var::pdist) |
//! | `pixel_shuffle` | [`Var::pixel_shuffle`](crate::autograd::Var::pixel_shuffle) |
//! | `pixel_unshuffle` | [`Var::pixel_unshuffle`](crate::autograd::Var::pixel_unshuffle) |
//! | `poisson_nll_loss` | [`Var::poisson_nll_loss`](crate::autograd::Var::poisson_nll_loss) |
//! | `prelu` | [`Var::prelu`](crate::autograd::Var::prelu) |
//! | `relu` | [`Var::relu`](crate::autograd::Var::relu) |
//! | `relu6` | [`Var::relu6`](crate::autograd::Var::relu6) |
//! | `rms_norm` | [`Var::rms_norm`](crate::autograd::Var::rms_norm) |
//! | `rrelu` | [`nn::RRelu`](crate::nn::RRelu) |
//! | `scaled_dot_product_attention` | [`Var::attention`](crate::autograd::Var::attention) |
//! | `selu` | [`Var::selu`](crate::autograd::Var::selu) |
//! | `sigmoid` | [`Var::sigmoid`](crate::autograd::Var::sigmoid) |
//! | `silu` | [`Var::silu`](crate::autograd::Var::silu) |
//! | `smooth_l1_loss` | [`Var::smooth_l1_loss`](crate::autograd::Var::smooth_l1_loss) |
//! | `soft_margin_loss` | [`Var::soft_margin_loss`](crate::autograd::Var::soft_margin_loss) |
//! | `softmax` | [`Var::softmax`](crate::autograd::Var::softmax) |
//! | `softmin` | [`Var::softmin`](crate::autograd::Var::softmin) |
//! | `softplus` | [`Var::softplus`](crate::autograd::Var::softplus) |
//! | `softshrink` | [`Var::softshrink`](crate::autograd::Var::softshrink) |
//! | `softsign` | [`Var::softsign`](crate::autograd::Var::softsign) |
//! | `tanh` | [`Var::tanh`](crate::autograd::Var::tanh) |
//! | `tanhshrink` | [`Var::tanhshrink`](crate::autograd::Var::tanhshrink) |
//! | `threshold` | [`Var::threshold`](crate::autograd::Var::threshold) |
//! | `triplet_margin_loss` | [`Var::triplet_margin_loss`](crate::autograd::Var::triplet_margin_loss) |
//! | `unfold` | [`Var::window_columns`](crate::autograd::Var::window_columns) |
//!
//! | no counterpart in `torch.nn.functional` | why |
//! |---|---|
//! | `linear_cross_entropy` | `linear` and `cross_entropy` in a row |
//! | `affine_grid` | a grid of coordinates times a matrix: `Tensor::linspace`, `Var::matmul` |
//! | `conv_tbc` | another layout of `Var::conv`: move the axes with `Var::permute` |
//! | `triplet_margin_with_distance_loss` | any distance is a function of `Var` |
//! | `grouped_mm` | batches of products of unequal size on GPUs |
//! | `scaled_addmm`, `scaled_grouped_mm`, `scaled_mm` | products of 8-bit floats |
//!
//! ## Functions of torch.linalg
//!
//! | `torch.linalg` | gradus |
//! |---|---|
//! | `cholesky`, `cholesky_ex` | [`Var::cholesky`](crate::autograd::Var::cholesky) |
//! | `cond` | [`Var::cond`](crate::autograd::Var::cond) |
//! | `cross` | [`Var::cross`](crate::autograd::Var::cross) |
//! | `det` | [`Var::det`](crate::autograd::Var::det) |
//! | `diagonal` | [`Var::diagonal`](crate::autograd::Var::diagonal) |
//! | `eigh`, `eigvalsh`, `matrix_sqrth` | [`Var::eigh`](crate::autograd::Var::eigh) |
//! | `householder_product`, `qr` | [`Var::qr`](crate::autograd::Var::qr) |
//! | `inv`, `inv_ex` | [`Var::inverse`](crate::autograd::Var::inverse) |
//! | `matmul` | [`Var::matmul`](crate::autograd::Var::matmul) |
//! | `matrix_exp` | [`Var::matrix_exp`](crate::autograd::Var::matrix_exp) |
//! | `matrix_norm`, `norm` | [`Var::matrix_norm`](crate::autograd::Var::matrix_norm) |
//! | `matrix_power` | [`Var::matrix_power`](crate::autograd::Var::matrix_power) |
//! | `multi_dot` | [`Var::multi_dot`](crate::autograd::Var::multi_dot) |
//! | `pinv` | [`Var::pinv`](crate::autograd::Var::pinv) |
//! | `polar`, `svd` | [`Var::svd`](crate::autograd::Var::svd) |
//! | `slogdet` | [`Var::slogdet`](crate::autograd::Var::slogdet) |
//! | `solve`, `solve_ex` | [`Var::solve`](crate::autograd::Var::solve) |
//! | `solve_triangular` | [`Var::solve_triangular`](crate::autograd::Var::solve_triangular) |
//! | `svdvals` | [`Var::singular_values`](crate::autograd::Var::singular_values) |
//! | `vander` | [`Var::pow`](crate::autograd::Var::pow) |
//! | `vecdot` | [`Var::dot`](crate::autograd::Var::dot) |
//! | `vector_norm` | [`Var::vector_norm`](crate::autograd::Var::vector_norm) |
//!
//! | no counterpart in `torch.linalg` | why |
//! |---|---|
//! | `lstsq` | `a.pinv().matmul(b)`, with a slope in both |
//! | `tensorinv` | `reshape`, then `Var::inverse` |
//! | `tensorsolve` | `reshape`, then `Var::solve` |
//! | `eig`, `eigvals` | complex results; real symmetric matrices have `Var::eigh` |
//! | `matrix_rank` | counts singular values above a bound: `singular_values().value().gt(bound)` |
//! | `ldl_solve`, `lu_solve` | systems are solved by `Var::solve` |
//! | `ldl_factor`, `ldl_factor_ex`, `lu`, `lu_factor`, `lu_factor_ex` | systems are solved by `Var::solve`, determinants by `Var::det` |
//!
//! ## Functions of torch.special
//!
//! | `torch.special` | gradus |
//! |---|---|
//! | `digamma`, `psi` | [`Var::digamma`](crate::autograd::Var::digamma) |
//! | `entr` | [`Var::entr`](crate::autograd::Var::entr) |
//! | `erf` | [`Var::erf`](crate::autograd::Var::erf) |
//! | `erfc` | [`Var::erfc`](crate::autograd::Var::erfc) |
//! | `erfcx` | [`Var::erfcx`](crate::autograd::Var::erfcx) |
//! | `erfinv` | [`Var::erfinv`](crate::autograd::Var::erfinv) |
//! | `exp2` | [`Var::exp2`](crate::autograd::Var::exp2) |
//! | `expit` | [`Var::sigmoid`](crate::autograd::Var::sigmoid) |
//! | `expm1` | [`Var::expm1`](crate::autograd::Var::expm1) |
//! | `gammaln` | [`Var::lgamma`](crate::autograd::Var::lgamma) |
//! | `i0`, `modified_bessel_i0` | [`Var::i0`](crate::autograd::Var::i0) |
//! | `i0e` | [`Var::i0e`](crate::autograd::Var::i0e) |
//! | `i1`, `modified_bessel_i1` | [`Var::i1`](crate::autograd::Var::i1) |
//! | `i1e` | [`Var::i1e`](crate::autograd::Var::i1e) |
//! | `log1p` | [`Var::log1p`](crate::autograd::Var::log1p) |
//! | `log_ndtr` | [`Var::log_normal_cdf`](crate::autograd::Var::log_normal_cdf) |
//! | `log_softmax` | [`Var::log_softmax`](crate::autograd::Var::log_softmax) |
//! | `logit` | [`Var::logit`](crate::autograd::Var::logit) |
//! | `logsumexp` | [`Var::logsumexp_axes`](crate::autograd::Var::logsumexp_axes) |
//! | `multigammaln` | [`Var::mvlgamma`](crate::autograd::Var::mvlgamma) |
//! | `ndtr` | [`Var::normal_cdf`](crate::autograd::Var::normal_cdf) |
//! | `ndtri` | [`Var::ndtri`](crate::autograd::Var::ndtri) |
//! | `polygamma` | [`Var::polygamma`](crate::autograd::Var::polygamma) |
//! | `round` | [`Var::round`](crate::autograd::Var::round) |
//! | `sinc` | [`Var::sinc`](crate::autograd::Var::sinc) |
//! | `softmax` | [`Var::softmax`](crate::autograd::Var::softmax) |
//! | `xlog1py` | [`Var::xlog1py`](crate::autograd::Var::xlog1py) |
//! | `xlogy` | [`Var::xlogy`](crate::autograd::Var::xlogy) |
//!
//! | no counterpart in `torch.special` | why |
//! |---|---|
//! | `airy_ai`, `bessel_j0`, `bessel_j1`, `bessel_y0`, `bessel_y1`, `chebyshev_polynomial_t` | no slope in PyTorch either; use the recurrences on `Var` |
//! | `chebyshev_polynomial_u`, `chebyshev_polynomial_v`, `chebyshev_polynomial_w`, `hermite_polynomial_h`, `hermite_polynomial_he`, `laguerre_polynomial_l` | no slope in PyTorch either; use the recurrences on `Var` |
//! | `legendre_polynomial_p`, `modified_bessel_k0`, `modified_bessel_k1`, `scaled_modified_bessel_k0`, `scaled_modified_bessel_k1`, `shifted_chebyshev_polynomial_t` | no slope in PyTorch either; use the recurrences on `Var` |
//! | `shifted_chebyshev_polynomial_u`, `shifted_chebyshev_polynomial_v`, `shifted_chebyshev_polynomial_w`, `spherical_bessel_j0` | no slope in PyTorch either; use the recurrences on `Var` |
//! | `zeta` | the Hurwitz zeta function is `Var::polygamma` up to a factor |
//! | `gammainc`, `gammaincc` | the incomplete gamma function is not offered |
