//! # Tensors
//!
//! `x[0]`, operators and everyday names are in the README's table. Names that end in `_` change a tensor in PyTorch; here an operation gives a
//! new value, in the memory of the old one where nobody else holds it.
//!
//! ## Functions of torch
//!
//! | `torch` | gradus |
//! |---|---|
//! | `abs`, `absolute` | [`Var::abs`](crate::autograd::Var::abs) |
//! | `acos`, `arccos` | [`Var::acos`](crate::autograd::Var::acos) |
//! | `acosh`, `arccosh` | [`Var::acosh`](crate::autograd::Var::acosh) |
//! | `adaptive_avg_pool1d` | [`Var::adaptive_avg_pool`](crate::autograd::Var::adaptive_avg_pool) |
//! | `adaptive_max_pool1d` | [`Var::adaptive_max_pool`](crate::autograd::Var::adaptive_max_pool) |
//! | `add` | [`Var::add`](crate::autograd::Var::add) |
//! | `addbmm`, `addmm`, `addmv`, `addr`, `baddbmm` | [`Var::add_matmul`](crate::autograd::Var::add_matmul) |
//! | `addcdiv` | [`Var::add_quotient`](crate::autograd::Var::add_quotient) |
//! | `addcmul` | [`Var::add_product`](crate::autograd::Var::add_product) |
//! | `adjoint`, `t` | [`Var::t`](crate::autograd::Var::t) |
//! | `all` | [`Tensor::all`](crate::tensor::Tensor::all) |
//! | `allclose` | [`Tensor::allclose`](crate::tensor::Tensor::allclose) |
//! | `alpha_dropout` | [`nn::AlphaDropout`](crate::nn::AlphaDropout) |
//! | `amax` | [`Var::max_axes`](crate::autograd::Var::max_axes) |
//! | `amin`, `aminmax` | [`Var::min_axes`](crate::autograd::Var::min_axes) |
//! | `any` | [`Tensor::any`](crate::tensor::Tensor::any) |
//! | `arange` | [`Tensor::arange`](crate::tensor::Tensor::arange) |
//! | `arcsin`, `asin` | [`Var::asin`](crate::autograd::Var::asin) |
//! | `arcsinh`, `asinh` | [`Var::asinh`](crate::autograd::Var::asinh) |
//! | `arctan`, `atan` | [`Var::atan`](crate::autograd::Var::atan) |
//! | `arctan2`, `atan2` | [`Var::atan2`](crate::autograd::Var::atan2) |
//! | `arctanh`, `atanh` | [`Var::atanh`](crate::autograd::Var::atanh) |
//! | `argmax` | [`Tensor::argmax`](crate::tensor::Tensor::argmax) |
//! | `argmin` | [`Tensor::argmin`](crate::tensor::Tensor::argmin) |
//! | `argsort` | [`Tensor::argsort`](crate::tensor::Tensor::argsort) |
//! | `argwhere`, `nonzero` | [`Tensor::nonzero`](crate::tensor::Tensor::nonzero) |
//! | `as_strided` | [`Var::as_strided`](crate::autograd::Var::as_strided) |
//! | `as_strided_scatter`, `put` | [`Var::put`](crate::autograd::Var::put) |
//! | `as_tensor`, `asarray`, `tensor` | [`Tensor::from`](crate::tensor::Tensor::from) |
//! | `atleast_1d`, `atleast_2d`, `atleast_3d`, `unsqueeze` | [`Var::unsqueeze`](crate::autograd::Var::unsqueeze) |
//! | `avg_pool1d` | [`Var::avg_pool`](crate::autograd::Var::avg_pool) |
//! | `batch_norm` | [`Var::batch_norm`](crate::autograd::Var::batch_norm) |
//! | `bernoulli` | [`Tensor::bernoulli`](crate::tensor::Tensor::bernoulli) |
//! | `bilinear` | [`Var::bilinear`](crate::autograd::Var::bilinear) |
//! | `binary_cross_entropy_with_logits` | [`Var::binary_cross_entropy_with_logits`](crate::autograd::Var::binary_cross_entropy_with_logits) |
//! | `bincount`, `histc`, `histogram` | [`Tensor::bincount`](crate::tensor::Tensor::bincount) |
//! | `bitwise_and`, `logical_and` | [`Tensor::and`](crate::tensor::Tensor::and) |
//! | `bitwise_not`, `logical_not` | [`Tensor::logical_not`](crate::tensor::Tensor::logical_not) |
//! | `bitwise_or`, `logical_or` | [`Tensor::or`](crate::tensor::Tensor::or) |
//! | `bitwise_xor`, `logical_xor` | [`Tensor::xor`](crate::tensor::Tensor::xor) |
//! | `block_diag` | [`Var::block_diag`](crate::autograd::Var::block_diag) |
//! | `bmm`, `matmul`, `mm`, `mv` | [`Var::matmul`](crate::autograd::Var::matmul) |
//! | `broadcast_tensors`, `broadcast_to` | [`Var::expand`](crate::autograd::Var::expand) |
//! | `bucketize`, `searchsorted` | [`Tensor::searchsorted`](crate::tensor::Tensor::searchsorted) |
//! | `can_cast`, `is_signed`, `promote_types`, `result_type` | [`tensor::DType`](crate::tensor::DType) |
//! | `cartesian_prod`, `meshgrid` | [`Var::meshgrid`](crate::autograd::Var::meshgrid) |
//! | `cat`, `column_stack`, `concat`, `concatenate`, `dstack`, `hstack` | [`Var::cat`](crate::autograd::Var::cat) |
//! | `row_stack`, `vstack` | [`Var::cat`](crate::autograd::Var::cat) |
//! | `cdist` | [`Var::cdist`](crate::autograd::Var::cdist) |
//! | `ceil` | [`Var::ceil`](crate::autograd::Var::ceil) |
//! | `celu` | [`Var::celu`](crate::autograd::Var::celu) |
//! | `chain_matmul` | [`Var::multi_dot`](crate::autograd::Var::multi_dot) |
//! | `channel_shuffle`, `native_channel_shuffle` | [`Var::channel_shuffle`](crate::autograd::Var::channel_shuffle) |
//! | `cholesky` | [`Var::cholesky`](crate::autograd::Var::cholesky) |
//! | `cholesky_inverse`, `inverse` | [`Var::inverse`](crate::autograd::Var::inverse) |
//! | `cholesky_solve` | [`Var::cholesky_solve`](crate::autograd::Var::cholesky_solve) |
//! | `chunk`, `unsafe_chunk` | [`Var::chunk`](crate::autograd::Var::chunk) |
//! | `clamp` | [`Var::clamp`](crate::autograd::Var::clamp) |
//! | `clamp_max` | [`Var::clamp_max`](crate::autograd::Var::clamp_max) |
//! | `clamp_min` | [`Var::clamp_min`](crate::autograd::Var::clamp_min) |
//! | `clip` | [`Var::clip`](crate::autograd::Var::clip) |
//! | `cond` | [`Var::cond`](crate::autograd::Var::cond) |
//! | `constant_pad_nd` | [`Var::pad_constant`](crate::autograd::Var::pad_constant) |
//! | `conv1d`, `conv2d`, `conv3d`, `convolution` | [`Var::conv`](crate::autograd::Var::conv) |
//! | `conv_transpose1d`, `conv_transpose2d`, `conv_transpose3d` | [`Var::conv_transpose`](crate::autograd::Var::conv_transpose) |
//! | `copysign` | [`Var::copysign`](crate::autograd::Var::copysign) |
//! | `corrcoef` | [`Var::corrcoef`](crate::autograd::Var::corrcoef) |
//! | `cos` | [`Var::cos`](crate::autograd::Var::cos) |
//! | `cosh` | [`Var::cosh`](crate::autograd::Var::cosh) |
//! | `cosine_embedding_loss` | [`Var::cosine_embedding_loss`](crate::autograd::Var::cosine_embedding_loss) |
//! | `cosine_similarity` | [`Var::cosine_similarity`](crate::autograd::Var::cosine_similarity) |
//! | `count_nonzero` | [`Tensor::count_nonzero`](crate::tensor::Tensor::count_nonzero) |
//! | `cov` | [`Var::cov`](crate::autograd::Var::cov) |
//! | `cross` | [`Var::cross`](crate::autograd::Var::cross) |
//! | `ctc_loss` | [`Var::ctc_loss`](crate::autograd::Var::ctc_loss) |
//! | `cummax` | [`Var::cummax`](crate::autograd::Var::cummax) |
//! | `cummin` | [`Var::cummin`](crate::autograd::Var::cummin) |
//! | `cumprod` | [`Var::cumprod`](crate::autograd::Var::cumprod) |
//! | `cumsum`, `cumulative_trapezoid` | [`Var::cumsum`](crate::autograd::Var::cumsum) |
//! | `deg2rad`, `mul`, `multiply`, `rad2deg` | [`Var::mul`](crate::autograd::Var::mul) |
//! | `det` | [`Var::det`](crate::autograd::Var::det) |
//! | `detach` | [`Var::detach`](crate::autograd::Var::detach) |
//! | `diag`, `diag_embed`, `diagflat` | [`Var::diag_embed`](crate::autograd::Var::diag_embed) |
//! | `diagonal` | [`Var::diagonal`](crate::autograd::Var::diagonal) |
//! | `diagonal_scatter` | [`Var::diagonal_scatter`](crate::autograd::Var::diagonal_scatter) |
//! | `diff` | [`Var::diff`](crate::autograd::Var::diff) |
//! | `digamma` | [`Var::digamma`](crate::autograd::Var::digamma) |
//! | `dist` | [`Var::vector_norm`](crate::autograd::Var::vector_norm) |
//! | `div`, `divide`, `true_divide` | [`Var::div`](crate::autograd::Var::div) |
//! | `dot`, `vdot` | [`Var::dot`](crate::autograd::Var::dot) |
//! | `dropout` | [`nn::Dropout`](crate::nn::Dropout) |
//! | `dsplit`, `hsplit`, `split`, `split_with_sizes`, `tensor_split`, `unsafe_split` | [`Var::split`](crate::autograd::Var::split) |
//! | `unsafe_split_with_sizes`, `vsplit` | [`Var::split`](crate::autograd::Var::split) |
//! | `einsum`, `inner` | [`Var::einsum`](crate::autograd::Var::einsum) |
//! | `embedding` | [`Var::embedding`](crate::autograd::Var::embedding) |
//! | `embedding_bag` | [`Var::embedding_bag`](crate::autograd::Var::embedding_bag) |
//! | `empty`, `empty_permuted`, `empty_strided`, `zeros` | [`Tensor::zeros`](crate::tensor::Tensor::zeros) |
//! | `empty_like`, `zeros_like` | [`Tensor::zeros_like`](crate::tensor::Tensor::zeros_like) |
//! | `eq` | [`Var::eq`](crate::autograd::Var::eq) |
//! | `equal` | [`Tensor::equal`](crate::tensor::Tensor::equal) |
//! | `erf` | [`Var::erf`](crate::autograd::Var::erf) |
//! | `erfc` | [`Var::erfc`](crate::autograd::Var::erfc) |
//! | `erfinv` | [`Var::erfinv`](crate::autograd::Var::erfinv) |
//! | `exp` | [`Var::exp`](crate::autograd::Var::exp) |
//! | `exp2` | [`Var::exp2`](crate::autograd::Var::exp2) |
//! | `expm1` | [`Var::expm1`](crate::autograd::Var::expm1) |
//! | `eye` | [`Tensor::eye`](crate::tensor::Tensor::eye) |
//! | `feature_alpha_dropout` | [`nn::FeatureAlphaDropout`](crate::nn::FeatureAlphaDropout) |
//! | `feature_dropout` | [`nn::Dropout2d`](crate::nn::Dropout2d) |
//! | `fill`, `full_like` | [`Tensor::full_of`](crate::tensor::Tensor::full_of) |
//! | `fix`, `trunc` | [`Var::trunc`](crate::autograd::Var::trunc) |
//! | `flatten`, `ravel` | [`Var::flatten`](crate::autograd::Var::flatten) |
//! | `flip`, `fliplr`, `flipud` | [`Var::flip`](crate::autograd::Var::flip) |
//! | `float_power`, `pow`, `vander` | [`Var::pow`](crate::autograd::Var::pow) |
//! | `floor` | [`Var::floor`](crate::autograd::Var::floor) |
//! | `floor_divide` | [`Var::floor_div`](crate::autograd::Var::floor_div) |
//! | `fmax` | [`Var::fmax`](crate::autograd::Var::fmax) |
//! | `fmin` | [`Var::fmin`](crate::autograd::Var::fmin) |
//! | `fmod` | [`Var::fmod`](crate::autograd::Var::fmod) |
//! | `frac` | [`Var::frac`](crate::autograd::Var::frac) |
//! | `frobenius_norm`, `native_norm`, `norm` | [`Var::norm`](crate::autograd::Var::norm) |
//! | `from_numpy`, `frombuffer` | [`Tensor::from_vec`](crate::tensor::Tensor::from_vec) |
//! | `full` | [`Tensor::full`](crate::tensor::Tensor::full) |
//! | `gather` | [`Var::gather`](crate::autograd::Var::gather) |
//! | `ge` | [`Var::ge`](crate::autograd::Var::ge) |
//! | `geqrf`, `orgqr`, `ormqr`, `qr` | [`Var::qr`](crate::autograd::Var::qr) |
//! | `ger`, `outer` | [`Var::outer`](crate::autograd::Var::outer) |
//! | `get_num_threads` | [`gradus::threads`](crate::threads) |
//! | `gradient` | [`Var::coordinate_gradient`](crate::autograd::Var::coordinate_gradient) |
//! | `greater` | [`Tensor::gt`](crate::tensor::Tensor::gt) |
//! | `greater_equal` | [`Tensor::ge`](crate::tensor::Tensor::ge) |
//! | `grid_sampler`, `grid_sampler_2d`, `grid_sampler_3d` | [`Var::grid_sample`](crate::autograd::Var::grid_sample) |
//! | `group_norm` | [`Var::group_norm`](crate::autograd::Var::group_norm) |
//! | `gru` | [`nn::Gru`](crate::nn::Gru) |
//! | `gru_cell` | [`nn::GruCell`](crate::nn::GruCell) |
//! | `gt` | [`Var::gt`](crate::autograd::Var::gt) |
//! | `hardshrink` | [`Var::hardshrink`](crate::autograd::Var::hardshrink) |
//! | `heaviside` | [`Var::heaviside`](crate::autograd::Var::heaviside) |
//! | `hinge_embedding_loss` | [`Var::hinge_embedding_loss`](crate::autograd::Var::hinge_embedding_loss) |
//! | `hypot` | [`Var::hypot`](crate::autograd::Var::hypot) |
//! | `i0` | [`Var::i0`](crate::autograd::Var::i0) |
//! | `index_add` | [`Var::index_add`](crate::autograd::Var::index_add) |
//! | `index_copy` | [`Var::index_copy`](crate::autograd::Var::index_copy) |
//! | `index_fill` | [`Var::index_fill`](crate::autograd::Var::index_fill) |
//! | `index_put` | [`Var::put_at`](crate::autograd::Var::put_at) |
//! | `index_reduce`, `segment_reduce` | [`Var::index_reduce`](crate::autograd::Var::index_reduce) |
//! | `index_select` | [`Var::index_select`](crate::autograd::Var::index_select) |
//! | `initial_seed`, `manual_seed`, `seed` | [`tensor::rng`](crate::tensor::rng) |
//! | `instance_norm` | [`nn::InstanceNorm`](crate::nn::InstanceNorm) |
//! | `is_floating_point` | [`tensor::DType::is_float`](crate::tensor::DType::is_float) |
//! | `is_grad_enabled`, `is_inference_mode_enabled` | [`autograd::Tape::mode`](crate::autograd::Tape::mode) |
//! | `is_inference` | [`autograd::Tape::inference`](crate::autograd::Tape::inference) |
//! | `is_nonzero` | [`Tensor::item`](crate::tensor::Tensor::item) |
//! | `is_same_size` | [`Tensor::shape`](crate::tensor::Tensor::shape) |
//! | `isclose` | [`Tensor::isclose`](crate::tensor::Tensor::isclose) |
//! | `isfinite` | [`Tensor::is_finite`](crate::tensor::Tensor::is_finite) |
//! | `isin`, `isneginf`, `isposinf` | [`Tensor::eq`](crate::tensor::Tensor::eq) |
//! | `isinf` | [`Tensor::is_infinite`](crate::tensor::Tensor::is_infinite) |
//! | `isnan` | [`Tensor::is_nan`](crate::tensor::Tensor::is_nan) |
//! | `kl_div` | [`Var::kl_div`](crate::autograd::Var::kl_div) |
//! | `kron` | [`Var::kron`](crate::autograd::Var::kron) |
//! | `kthvalue` | [`Var::kth_value`](crate::autograd::Var::kth_value) |
//! | `layer_norm` | [`Var::layer_norm`](crate::autograd::Var::layer_norm) |
//! | `ldexp` | [`Var::ldexp`](crate::autograd::Var::ldexp) |
//! | `le` | [`Var::le`](crate::autograd::Var::le) |
//! | `lerp` | [`Var::lerp`](crate::autograd::Var::lerp) |
//! | `less`, `signbit` | [`Tensor::lt`](crate::tensor::Tensor::lt) |
//! | `less_equal` | [`Tensor::le`](crate::tensor::Tensor::le) |
//! | `lgamma` | [`Var::lgamma`](crate::autograd::Var::lgamma) |
//! | `linspace`, `logspace` | [`Tensor::linspace`](crate::tensor::Tensor::linspace) |
//! | `load` | [`nn::state_dict::load`](crate::nn::state_dict::load) |
//! | `lobpcg`, `symeig` | [`Var::eigh`](crate::autograd::Var::eigh) |
//! | `log` | [`Var::log`](crate::autograd::Var::log) |
//! | `log10` | [`Var::log10`](crate::autograd::Var::log10) |
//! | `log1p` | [`Var::log1p`](crate::autograd::Var::log1p) |
//! | `log2` | [`Var::log2`](crate::autograd::Var::log2) |
//! | `log_softmax` | [`Var::log_softmax`](crate::autograd::Var::log_softmax) |
//! | `logaddexp` | [`Var::logaddexp`](crate::autograd::Var::logaddexp) |
//! | `logaddexp2` | [`Var::logaddexp2`](crate::autograd::Var::logaddexp2) |
//! | `logcumsumexp` | [`Var::logcumsumexp`](crate::autograd::Var::logcumsumexp) |
//! | `logdet` | [`Var::logdet`](crate::autograd::Var::logdet) |
//! | `logit` | [`Var::logit`](crate::autograd::Var::logit) |
//! | `logsumexp` | [`Var::logsumexp`](crate::autograd::Var::logsumexp) |
//! | `lstm` | [`nn::Lstm`](crate::nn::Lstm) |
//! | `lstm_cell` | [`nn::LstmCell`](crate::nn::LstmCell) |
//! | `lt` | [`Var::lt`](crate::autograd::Var::lt) |
//! | `margin_ranking_loss` | [`Var::margin_ranking_loss`](crate::autograd::Var::margin_ranking_loss) |
//! | `masked_fill` | [`Var::masked_fill`](crate::autograd::Var::masked_fill) |
//! | `masked_scatter` | [`Var::masked_scatter`](crate::autograd::Var::masked_scatter) |
//! | `masked_select` | [`Var::masked_select`](crate::autograd::Var::masked_select) |
//! | `matrix_exp` | [`Var::matrix_exp`](crate::autograd::Var::matrix_exp) |
//! | `matrix_power` | [`Var::matrix_power`](crate::autograd::Var::matrix_power) |
//! | `max` | [`Var::max`](crate::autograd::Var::max) |
//! | `max_pool1d`, `max_pool1d_with_indices`, `max_pool2d`, `max_pool3d` | [`Var::max_pool`](crate::autograd::Var::max_pool) |
//! | `maximum` | [`Var::maximum`](crate::autograd::Var::maximum) |
//! | `mean` | [`Var::mean`](crate::autograd::Var::mean) |
//! | `median` | [`Var::median`](crate::autograd::Var::median) |
//! | `min` | [`Var::min`](crate::autograd::Var::min) |
//! | `minimum` | [`Var::minimum`](crate::autograd::Var::minimum) |
//! | `mode` | [`Var::mode`](crate::autograd::Var::mode) |
//! | `moveaxis`, `movedim` | [`Var::move_axis`](crate::autograd::Var::move_axis) |
//! | `msort`, `sort` | [`Var::sort`](crate::autograd::Var::sort) |
//! | `multinomial` | [`Tensor::multinomial`](crate::tensor::Tensor::multinomial) |
//! | `mvlgamma` | [`Var::mvlgamma`](crate::autograd::Var::mvlgamma) |
//! | `nan_to_num` | [`Var::nan_to_num`](crate::autograd::Var::nan_to_num) |
//! | `nanmean` | [`Var::nanmean_axes`](crate::autograd::Var::nanmean_axes) |
//! | `nanmedian` | [`Var::nanmedian`](crate::autograd::Var::nanmedian) |
//! | `nansum` | [`Var::nansum_axes`](crate::autograd::Var::nansum_axes) |
//! | `narrow` | [`Var::narrow`](crate::autograd::Var::narrow) |
//! | `ne` | [`Var::ne`](crate::autograd::Var::ne) |
//! | `neg`, `negative` | [`Var::neg`](crate::autograd::Var::neg) |
//! | `norm_except_dim` | [`Var::norm_axes`](crate::autograd::Var::norm_axes) |
//! | `normal` | [`Tensor::normal`](crate::tensor::Tensor::normal) |
//! | `not_equal` | [`Tensor::ne`](crate::tensor::Tensor::ne) |
//! | `nuclear_norm` | [`Var::matrix_norm`](crate::autograd::Var::matrix_norm) |
//! | `numel` | [`Tensor::elements`](crate::tensor::Tensor::elements) |
//! | `ones` | [`Tensor::ones`](crate::tensor::Tensor::ones) |
//! | `ones_like` | [`Tensor::ones_like`](crate::tensor::Tensor::ones_like) |
//! | `pairwise_distance` | [`Var::pairwise_distance`](crate::autograd::Var::pairwise_distance) |
//! | `pca_lowrank`, `svd`, `svd_lowrank` | [`Var::svd`](crate::autograd::Var::svd) |
//! | `pdist` | [`Var::pdist`](crate::autograd::Var::pdist) |
//! | `permute` | [`Var::permute`](crate::autograd::Var::permute) |
//! | `pinverse` | [`Var::pinv`](crate::autograd::Var::pinv) |
//! | `pixel_shuffle` | [`Var::pixel_shuffle`](crate::autograd::Var::pixel_shuffle) |
//! | `pixel_unshuffle` | [`Var::pixel_unshuffle`](crate::autograd::Var::pixel_unshuffle) |
//! | `poisson_nll_loss` | [`Var::poisson_nll_loss`](crate::autograd::Var::poisson_nll_loss) |
//! | `polygamma` | [`Var::polygamma`](crate::autograd::Var::polygamma) |
//! | `prelu` | [`Var::prelu`](crate::autograd::Var::prelu) |
//! | `prod` | [`Var::prod`](crate::autograd::Var::prod) |
//! | `quantile` | [`Var::quantile`](crate::autograd::Var::quantile) |
//! | `rand` | [`Tensor::uniform`](crate::tensor::Tensor::uniform) |
//! | `rand_like` | [`Tensor::rand_like`](crate::tensor::Tensor::rand_like) |
//! | `randint` | [`Tensor::randint`](crate::tensor::Tensor::randint) |
//! | `randn` | [`Tensor::randn`](crate::tensor::Tensor::randn) |
//! | `randn_like` | [`Tensor::randn_like`](crate::tensor::Tensor::randn_like) |
//! | `randperm` | [`Tensor::permutation`](crate::tensor::Tensor::permutation) |
//! | `range` | [`Tensor::range`](crate::tensor::Tensor::range) |
//! | `reciprocal` | [`Var::recip`](crate::autograd::Var::recip) |
//! | `relu` | [`Var::relu`](crate::autograd::Var::relu) |
//! | `remainder` | [`Var::remainder`](crate::autograd::Var::remainder) |
//! | `renorm` | [`Var::renorm`](crate::autograd::Var::renorm) |
//! | `repeat_interleave` | [`Var::repeat_interleave`](crate::autograd::Var::repeat_interleave) |
//! | `reshape`, `unflatten` | [`Var::reshape`](crate::autograd::Var::reshape) |
//! | `rms_norm` | [`Var::rms_norm`](crate::autograd::Var::rms_norm) |
//! | `rnn_relu`, `rnn_tanh` | [`nn::Rnn`](crate::nn::Rnn) |
//! | `rnn_relu_cell`, `rnn_tanh_cell` | [`nn::RnnCell`](crate::nn::RnnCell) |
//! | `roll` | [`Var::roll`](crate::autograd::Var::roll) |
//! | `rot90` | [`Var::rot90`](crate::autograd::Var::rot90) |
//! | `round` | [`Var::round`](crate::autograd::Var::round) |
//! | `rrelu` | [`nn::RRelu`](crate::nn::RRelu) |
//! | `rsqrt` | [`Var::rsqrt`](crate::autograd::Var::rsqrt) |
//! | `rsub`, `sub`, `subtract` | [`Var::sub`](crate::autograd::Var::sub) |
//! | `save` | [`nn::state_dict::save`](crate::nn::state_dict::save) |
//! | `scalar_tensor` | [`Tensor::scalar`](crate::tensor::Tensor::scalar) |
//! | `scatter` | [`Var::scatter`](crate::autograd::Var::scatter) |
//! | `scatter_add` | [`Var::scatter_add`](crate::autograd::Var::scatter_add) |
//! | `scatter_reduce` | [`Var::scatter_reduce`](crate::autograd::Var::scatter_reduce) |
//! | `select` | [`Var::select`](crate::autograd::Var::select) |
//! | `select_scatter` | [`Var::select_scatter`](crate::autograd::Var::select_scatter) |
//! | `selu` | [`Var::selu`](crate::autograd::Var::selu) |
//! | `set_num_threads` | [`gradus::set_threads`](crate::set_threads) |
//! | `sgn`, `sign` | [`Var::sign`](crate::autograd::Var::sign) |
//! | `sigmoid` | [`Var::sigmoid`](crate::autograd::Var::sigmoid) |
//! | `sin` | [`Var::sin`](crate::autograd::Var::sin) |
//! | `sinc` | [`Var::sinc`](crate::autograd::Var::sinc) |
//! | `sinh` | [`Var::sinh`](crate::autograd::Var::sinh) |
//! | `slice_scatter` | [`Var::slice_scatter`](crate::autograd::Var::slice_scatter) |
//! | `slogdet` | [`Var::slogdet`](crate::autograd::Var::slogdet) |
//! | `softmax` | [`Var::softmax`](crate::autograd::Var::softmax) |
//! | `solve` | [`Var::solve`](crate::autograd::Var::solve) |
//! | `sqrt` | [`Var::sqrt`](crate::autograd::Var::sqrt) |
//! | `square` | [`Var::square`](crate::autograd::Var::square) |
//! | `squeeze` | [`Var::squeeze`](crate::autograd::Var::squeeze) |
//! | `stack` | [`Var::stack`](crate::autograd::Var::stack) |
//! | `std`, `std_mean` | [`Var::std`](crate::autograd::Var::std) |
//! | `sum` | [`Var::sum`](crate::autograd::Var::sum) |
//! | `swapaxes`, `swapdims`, `transpose` | [`Var::transpose`](crate::autograd::Var::transpose) |
//! | `take` | [`Var::take`](crate::autograd::Var::take) |
//! | `take_along_dim` | [`Var::take_along_axis`](crate::autograd::Var::take_along_axis) |
//! | `tan` | [`Var::tan`](crate::autograd::Var::tan) |
//! | `tanh` | [`Var::tanh`](crate::autograd::Var::tanh) |
//! | `tensordot` | [`Var::tensordot`](crate::autograd::Var::tensordot) |
//! | `threshold` | [`Var::threshold`](crate::autograd::Var::threshold) |
//! | `tile` | [`Var::repeat`](crate::autograd::Var::repeat) |
//! | `topk` | [`Var::topk`](crate::autograd::Var::topk) |
//! | `trace` | [`Var::trace`](crate::autograd::Var::trace) |
//! | `trapezoid`, `trapz` | [`Var::trapezoids`](crate::autograd::Var::trapezoids) |
//! | `triangular_solve` | [`Var::solve_triangular`](crate::autograd::Var::solve_triangular) |
//! | `tril` | [`Var::tril`](crate::autograd::Var::tril) |
//! | `tril_indices`, `triu_indices` | [`Tensor::tri`](crate::tensor::Tensor::tri) |
//! | `triplet_margin_loss` | [`Var::triplet_margin_loss`](crate::autograd::Var::triplet_margin_loss) |
//! | `triu` | [`Var::triu`](crate::autograd::Var::triu) |
//! | `unbind` | [`Var::unbind`](crate::autograd::Var::unbind) |
//! | `unique` | [`Tensor::unique`](crate::tensor::Tensor::unique) |
//! | `var`, `var_mean` | [`Var::var`](crate::autograd::Var::var) |
//! | `vmap` | [`autograd::batched_jacobian`](crate::autograd::batched_jacobian) |
//! | `where` | [`Var::where_`](crate::autograd::Var::where_) |
//! | `xlogy` | [`Var::xlogy`](crate::autograd::Var::xlogy) |
//!
//! | no counterpart in `torch` | why |
//! |---|---|
//! | `lstsq` | `a.pinv().matmul(b)`, with a slope in both |
//! | `set_printoptions` | `Display` prints as NumPy does |
//! | `binomial`, `poisson` | `rand_distr` draws it; see `Tensor::from_fn` |
//! | `randint_like` | `Tensor::randint` with `x.shape()` |
//! | `unique_consecutive` | `Tensor::unique` gives the sorted ones |
//! | `is_anomaly_check_nan_enabled`, `is_anomaly_enabled`, `set_anomaly_enabled` | `trace` and `why_zero` look at every node |
//! | `alias_copy`, `as_strided_copy`, `ccol_indices_copy`, `col_indices_copy`, `crow_indices_copy`, `detach_copy` | a copy of a view: tensors share what they hold until one is changed |
//! | `diagonal_copy`, `expand_copy`, `indices_copy`, `narrow_copy`, `permute_copy`, `row_indices_copy` | a copy of a view: tensors share what they hold until one is changed |
//! | `select_copy`, `slice_copy`, `split_copy`, `split_with_sizes_copy`, `squeeze_copy`, `t_copy` | a copy of a view: tensors share what they hold until one is changed |
//! | `transpose_copy`, `unbind_copy`, `unfold_copy`, `unsqueeze_copy`, `values_copy`, `view_as_complex_copy` | a copy of a view: tensors share what they hold until one is changed |
//! | `view_as_real_copy`, `view_copy` | a copy of a view: tensors share what they hold until one is changed |
//! | `bartlett_window`, `blackman_window`, `hamming_window`, `hann_window` | a formula of `Tensor::linspace` |
//! | `kaiser_window` | a formula of `Tensor::linspace` and `Var::i0` |
//! | `thread_safe_generator` | a generator is a value of its own |
//! | `get_rng_state`, `set_rng_state` | a generator is a value of its own, `rng(seed)` |
//! | `affine_grid_generator` | a grid of coordinates times a matrix: `Tensor::linspace`, `Var::matmul` |
//! | `unravel_index` | a place is divided by strides in plain Rust |
//! | `is_deterministic_algorithms_warn_only_enabled`, `is_distributed`, `is_vulkan_available`, `is_warn_always_enabled` | a question about PyTorch's own modes |
//! | `get_deterministic_debug_mode`, `get_float32_matmul_precision`, `get_num_interop_threads`, `set_deterministic_debug_mode`, `set_float32_matmul_precision`, `set_num_interop_threads` | a setting of PyTorch's own |
//! | `set_warn_always` | a setting of PyTorch's own |
//! | `clone` | a tensor is shared and never changed through another name; Rust's `clone` copies the handle |
//! | `classproperty`, `compiled_with_cxx11_abi`, `get_file_path`, `prepare_multiprocessing_environment`, `profiler_allow_cudagraph_cupti_lazy_reinit_cuda12`, `typename` | about PyTorch itself |
//! | `native_batch_norm`, `native_dropout`, `native_group_norm`, `native_layer_norm`, `slice_inverse` | an inner name of PyTorch's |
//! | `conv_tbc` | another layout of `Var::conv` |
//! | `cudnn_affine_grid_generator`, `cudnn_batch_norm`, `cudnn_convolution`, `cudnn_convolution_add_relu`, `cudnn_convolution_relu`, `cudnn_convolution_transpose` | another library's kernel |
//! | `cudnn_grid_sampler`, `cudnn_is_acceptable`, `miopen_batch_norm`, `miopen_convolution`, `miopen_convolution_add_relu`, `miopen_convolution_relu` | another library's kernel |
//! | `miopen_convolution_transpose`, `miopen_ctc_loss`, `miopen_depthwise_convolution`, `miopen_rnn`, `mkldnn_adaptive_avg_pool2d`, `mkldnn_convolution` | another library's kernel |
//! | `mkldnn_linear_backward_weights`, `mkldnn_max_pool2d`, `mkldnn_max_pool3d`, `mkldnn_rnn_layer` | another library's kernel |
//! | `autocast_decrement_nesting`, `autocast_increment_nesting`, `clear_autocast_cache`, `get_autocast_cpu_dtype`, `get_autocast_dtype`, `get_autocast_gpu_dtype` | automatic mixed precision; `convert` sets a model's type |
//! | `get_autocast_ipu_dtype`, `get_autocast_xla_dtype`, `is_autocast_cache_enabled`, `is_autocast_cpu_enabled`, `is_autocast_enabled`, `is_autocast_ipu_enabled` | automatic mixed precision; `convert` sets a model's type |
//! | `is_autocast_xla_enabled`, `set_autocast_cache_enabled`, `set_autocast_cpu_dtype`, `set_autocast_cpu_enabled`, `set_autocast_dtype`, `set_autocast_enabled` | automatic mixed precision; `convert` sets a model's type |
//! | `set_autocast_gpu_dtype`, `set_autocast_ipu_dtype`, `set_autocast_ipu_enabled`, `set_autocast_xla_dtype`, `set_autocast_xla_enabled` | automatic mixed precision; `convert` sets a model's type |
//! | `angle`, `complex`, `conj`, `conj_physical`, `imag`, `is_complex` | complex numbers |
//! | `is_conj`, `is_neg`, `isreal`, `istft`, `polar`, `real` | complex numbers |
//! | `resolve_conj`, `resolve_neg`, `stft`, `view_as_complex`, `view_as_real` | complex numbers |
//! | `eig` | complex results; real symmetric matrices have `Var::eigh` |
//! | `histogramdd` | counts over several axes; not offered |
//! | `matrix_rank` | counts singular values above a bound: `singular_values().value().gt(bound)` |
//! | `are_deterministic_algorithms_enabled`, `use_deterministic_algorithms` | every result is the same bits for any number of threads |
//! | `combinations` | indices: see `Tensor::range` |
//! | `get_default_dtype`, `set_default_dtype`, `set_default_tensor_type` | literals of Rust have their type |
//! | `from_file` | memory-mapped files |
//! | `bitwise_left_shift`, `bitwise_right_shift` | no bit operations on integers |
//! | `frexp` | no slope; `f64` has no such method either |
//! | `nextafter` | no slope; the standard library has `f64::next_up` |
//! | `hash_tensor` | not a number with a slope |
//! | `compile` | nothing is compiled; passes are fused as the tape runs |
//! | `gcd`, `lcm` | number theory |
//! | `init_num_threads` | one pool of threads |
//! | `from_dlpack`, `to_dlpack` | other libraries' memory |
//! | `batch_norm_backward_elemt`, `batch_norm_backward_reduce`, `batch_norm_elemt`, `batch_norm_gather_stats`, `batch_norm_gather_stats_with_counts`, `batch_norm_stats` | pieces of batch normalisation on GPUs |
//! | `batch_norm_update_stats` | pieces of batch normalisation on GPUs |
//! | `choose_qparams_optimized`, `dequantize`, `empty_quantized`, `fake_quantize_per_channel_affine`, `fake_quantize_per_tensor_affine`, `fbgemm_linear_fp16_weight` | quantized numbers |
//! | `fbgemm_linear_fp16_weight_fp32_activation`, `fbgemm_linear_int8_weight`, `fbgemm_linear_int8_weight_fp32_activation`, `fbgemm_linear_quantize_weight`, `fbgemm_pack_gemm_matrix_fp16`, `fbgemm_pack_quantized_matrix` | quantized numbers |
//! | `fused_moving_avg_obs_fake_quant`, `int_repr`, `q_per_channel_axis`, `q_per_channel_scales`, `q_per_channel_zero_points`, `q_scale` | quantized numbers |
//! | `q_zero_point`, `quantize_per_channel`, `quantize_per_tensor`, `quantize_per_tensor_dynamic`, `quantized_batch_norm`, `quantized_gru_cell` | quantized numbers |
//! | `quantized_lstm_cell`, `quantized_max_pool1d`, `quantized_max_pool2d`, `quantized_max_pool3d`, `quantized_rnn_relu_cell`, `quantized_rnn_tanh_cell` | quantized numbers |
//! | `while_loop` | Rust's own `while` |
//! | `broadcast_shapes` | shapes are broadcast by each operation |
//! | `nonzero_static` | sizes known to a compiler |
//! | `sym_constrain_range`, `sym_constrain_range_for_size`, `sym_float`, `sym_fresh_size`, `sym_int`, `sym_ite` | sizes unknown to a compiler |
//! | `sym_max`, `sym_min`, `sym_not`, `sym_sqrt`, `sym_sum` | sizes unknown to a compiler |
//! | `dsmm`, `hsmm`, `hspmm`, `saddmm`, `smm`, `spmm` | sparse layouts |
//! | `sspaddmm` | sparse layouts |
//! | `sparse_bsc_tensor`, `sparse_bsr_tensor`, `sparse_compressed_tensor`, `sparse_coo_tensor`, `sparse_csc_tensor`, `sparse_csr_tensor` | sparse layouts; sparse rows of gradients are in `SparseAdam` |
//! | `set_flush_denormal` | subnormal numbers are kept |
//! | `lu_solve`, `lu_unpack` | systems are solved by `Var::solve` |
//! | `lu` | systems are solved by `Var::solve`, determinants by `Var::det` |
//! | `igamma`, `igammac` | the incomplete gamma function is not offered |
//! | `positive` | the value itself |
//! | `get_default_device`, `get_device`, `set_default_device` | there is one device, the CPU |
//! | `fork`, `wait` | threads are the standard library's |
//! | `import_ir_module`, `import_ir_module_from_buffer`, `merge_type_from_type_comment`, `parse_ir`, `parse_schema`, `parse_type_comment` | tracing and scripts |
//! | `unify_type_list` | tracing and scripts |
//! | `is_storage`, `is_tensor` | types are known to the compiler |
//! | `nanquantile` | use `quantile` of what `masked_select` leaves |
