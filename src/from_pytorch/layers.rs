//! # Layers
//!
//! A class of `torch.nn` with parameters or options is a struct of `gradus::nn` whose fields are public; its parameters have PyTorch's
//! names and shapes. A loss is a method with one struct of options, `loss_with(target, &options)`; without options `loss(target)`.
//!
//! ## Classes of torch.nn
//!
//! | `torch.nn` | gradus |
//! |---|---|
//! | `AdaptiveAvgPool1d` | [`nn::AdaptiveAvgPool1d`](crate::nn::AdaptiveAvgPool1d) |
//! | `AdaptiveAvgPool2d` | [`nn::AdaptiveAvgPool2d`](crate::nn::AdaptiveAvgPool2d) |
//! | `AdaptiveAvgPool3d` | [`nn::AdaptiveAvgPool3d`](crate::nn::AdaptiveAvgPool3d) |
//! | `AdaptiveMaxPool1d` | [`nn::AdaptiveMaxPool1d`](crate::nn::AdaptiveMaxPool1d) |
//! | `AdaptiveMaxPool2d` | [`nn::AdaptiveMaxPool2d`](crate::nn::AdaptiveMaxPool2d) |
//! | `AdaptiveMaxPool3d` | [`nn::AdaptiveMaxPool3d`](crate::nn::AdaptiveMaxPool3d) |
//! | `AlphaDropout` | [`nn::AlphaDropout`](crate::nn::AlphaDropout) |
//! | `AvgPool1d` | [`nn::AvgPool1d`](crate::nn::AvgPool1d) |
//! | `AvgPool2d` | [`nn::AvgPool2d`](crate::nn::AvgPool2d) |
//! | `AvgPool3d` | [`nn::AvgPool3d`](crate::nn::AvgPool3d) |
//! | `BatchNorm1d`, `BatchNorm2d`, `BatchNorm3d` | [`nn::BatchNorm`](crate::nn::BatchNorm) |
//! | `BCELoss` | [`Var::binary_cross_entropy_with`](crate::autograd::Var::binary_cross_entropy_with) |
//! | `BCEWithLogitsLoss` | [`Var::binary_cross_entropy_with_logits_with`](crate::autograd::Var::binary_cross_entropy_with_logits_with) |
//! | `Bilinear` | [`nn::Bilinear`](crate::nn::Bilinear) |
//! | `Buffer` | [`autograd::Param::buffer`](crate::autograd::Param::buffer) |
//! | `CELU` | [`nn::Celu`](crate::nn::Celu) |
//! | `ChannelShuffle` | [`nn::ChannelShuffle`](crate::nn::ChannelShuffle) |
//! | `CircularPad1d` | [`nn::CircularPad1d`](crate::nn::CircularPad1d) |
//! | `CircularPad2d` | [`nn::CircularPad2d`](crate::nn::CircularPad2d) |
//! | `CircularPad3d` | [`nn::CircularPad3d`](crate::nn::CircularPad3d) |
//! | `ConstantPad1d` | [`nn::ConstantPad1d`](crate::nn::ConstantPad1d) |
//! | `ConstantPad2d` | [`nn::ConstantPad2d`](crate::nn::ConstantPad2d) |
//! | `ConstantPad3d` | [`nn::ConstantPad3d`](crate::nn::ConstantPad3d) |
//! | `Conv1d` | [`nn::Conv1d`](crate::nn::Conv1d) |
//! | `Conv2d` | [`nn::Conv2d`](crate::nn::Conv2d) |
//! | `Conv3d` | [`nn::Conv3d`](crate::nn::Conv3d) |
//! | `ConvTranspose1d` | [`nn::ConvTranspose1d`](crate::nn::ConvTranspose1d) |
//! | `ConvTranspose2d` | [`nn::ConvTranspose2d`](crate::nn::ConvTranspose2d) |
//! | `ConvTranspose3d` | [`nn::ConvTranspose3d`](crate::nn::ConvTranspose3d) |
//! | `CosineEmbeddingLoss` | [`Var::cosine_embedding_loss_with`](crate::autograd::Var::cosine_embedding_loss_with) |
//! | `CosineSimilarity` | [`nn::CosineSimilarity`](crate::nn::CosineSimilarity) |
//! | `CrossEntropyLoss` | [`Var::cross_entropy_with`](crate::autograd::Var::cross_entropy_with) |
//! | `CTCLoss` | [`Var::ctc_loss_with`](crate::autograd::Var::ctc_loss_with) |
//! | `Dropout` | [`nn::Dropout`](crate::nn::Dropout) |
//! | `Dropout1d` | [`nn::Dropout1d`](crate::nn::Dropout1d) |
//! | `Dropout2d` | [`nn::Dropout2d`](crate::nn::Dropout2d) |
//! | `Dropout3d` | [`nn::Dropout3d`](crate::nn::Dropout3d) |
//! | `ELU` | [`nn::Elu`](crate::nn::Elu) |
//! | `Embedding` | [`nn::Embedding`](crate::nn::Embedding) |
//! | `EmbeddingBag` | [`nn::EmbeddingBag`](crate::nn::EmbeddingBag) |
//! | `FeatureAlphaDropout` | [`nn::FeatureAlphaDropout`](crate::nn::FeatureAlphaDropout) |
//! | `Flatten` | [`nn::Flatten`](crate::nn::Flatten) |
//! | `Fold` | [`nn::Fold`](crate::nn::Fold) |
//! | `FractionalMaxPool2d` | [`nn::FractionalMaxPool2d`](crate::nn::FractionalMaxPool2d) |
//! | `FractionalMaxPool3d` | [`nn::FractionalMaxPool3d`](crate::nn::FractionalMaxPool3d) |
//! | `GaussianNLLLoss` | [`Var::gaussian_nll_loss_with`](crate::autograd::Var::gaussian_nll_loss_with) |
//! | `GELU` | [`nn::Gelu`](crate::nn::Gelu) |
//! | `GLU` | [`nn::Glu`](crate::nn::Glu) |
//! | `GroupNorm` | [`nn::GroupNorm`](crate::nn::GroupNorm) |
//! | `GRU` | [`nn::Gru`](crate::nn::Gru) |
//! | `GRUCell` | [`nn::GruCell`](crate::nn::GruCell) |
//! | `Hardshrink` | [`nn::Hardshrink`](crate::nn::Hardshrink) |
//! | `Hardsigmoid` | [`nn::Hardsigmoid`](crate::nn::Hardsigmoid) |
//! | `Hardswish` | [`nn::Hardswish`](crate::nn::Hardswish) |
//! | `Hardtanh` | [`nn::Hardtanh`](crate::nn::Hardtanh) |
//! | `HingeEmbeddingLoss` | [`Var::hinge_embedding_loss_with`](crate::autograd::Var::hinge_embedding_loss_with) |
//! | `HuberLoss` | [`Var::huber_loss_with`](crate::autograd::Var::huber_loss_with) |
//! | `Identity` | [`nn::Identity`](crate::nn::Identity) |
//! | `InstanceNorm1d`, `InstanceNorm2d`, `InstanceNorm3d` | [`nn::InstanceNorm`](crate::nn::InstanceNorm) |
//! | `KLDivLoss` | [`Var::kl_div_with`](crate::autograd::Var::kl_div_with) |
//! | `L1Loss` | [`Var::l1_loss_with`](crate::autograd::Var::l1_loss_with) |
//! | `LayerNorm` | [`nn::LayerNorm`](crate::nn::LayerNorm) |
//! | `LeakyReLU` | [`nn::LeakyRelu`](crate::nn::LeakyRelu) |
//! | `Linear` | [`nn::Linear`](crate::nn::Linear) |
//! | `LocalResponseNorm` | [`nn::LocalResponseNorm`](crate::nn::LocalResponseNorm) |
//! | `LogSigmoid` | [`nn::LogSigmoid`](crate::nn::LogSigmoid) |
//! | `LogSoftmax` | [`nn::LogSoftmax`](crate::nn::LogSoftmax) |
//! | `LPPool1d` | [`nn::LpPool1d`](crate::nn::LpPool1d) |
//! | `LPPool2d` | [`nn::LpPool2d`](crate::nn::LpPool2d) |
//! | `LPPool3d` | [`nn::LpPool3d`](crate::nn::LpPool3d) |
//! | `LSTM` | [`nn::Lstm`](crate::nn::Lstm) |
//! | `LSTMCell` | [`nn::LstmCell`](crate::nn::LstmCell) |
//! | `MarginRankingLoss` | [`Var::margin_ranking_loss_with`](crate::autograd::Var::margin_ranking_loss_with) |
//! | `MaxPool1d` | [`nn::MaxPool1d`](crate::nn::MaxPool1d) |
//! | `MaxPool2d` | [`nn::MaxPool2d`](crate::nn::MaxPool2d) |
//! | `MaxPool3d` | [`nn::MaxPool3d`](crate::nn::MaxPool3d) |
//! | `MaxUnpool1d` | [`nn::MaxUnpool1d`](crate::nn::MaxUnpool1d) |
//! | `MaxUnpool2d` | [`nn::MaxUnpool2d`](crate::nn::MaxUnpool2d) |
//! | `MaxUnpool3d` | [`nn::MaxUnpool3d`](crate::nn::MaxUnpool3d) |
//! | `Mish` | [`nn::Mish`](crate::nn::Mish) |
//! | `Module` | [`nn::Module`](crate::nn::Module) |
//! | `ModuleDict` | `IndexMap<String, M>` as a field of `params!` |
//! | `ModuleList` | `Vec<M>` as a field of `params!` |
//! | `MSELoss` | [`Var::mse_with`](crate::autograd::Var::mse_with) |
//! | `MultiheadAttention` | [`nn::MultiheadAttention`](crate::nn::MultiheadAttention) |
//! | `MultiLabelMarginLoss` | [`Var::multilabel_margin_loss_with`](crate::autograd::Var::multilabel_margin_loss_with) |
//! | `MultiLabelSoftMarginLoss` | [`Var::multilabel_soft_margin_loss_with`](crate::autograd::Var::multilabel_soft_margin_loss_with) |
//! | `MultiMarginLoss` | [`Var::multi_margin_loss_with`](crate::autograd::Var::multi_margin_loss_with) |
//! | `NLLLoss` | [`Var::nll_loss_with`](crate::autograd::Var::nll_loss_with) |
//! | `PairwiseDistance` | [`nn::PairwiseDistance`](crate::nn::PairwiseDistance) |
//! | `Parameter` | [`autograd::Param`](crate::autograd::Param) |
//! | `ParameterDict` | `IndexMap<String, Param>` as a field of `params!` |
//! | `ParameterList` | `Vec<Param>` as a field of `params!` |
//! | `PixelShuffle` | [`nn::PixelShuffle`](crate::nn::PixelShuffle) |
//! | `PixelUnshuffle` | [`nn::PixelUnshuffle`](crate::nn::PixelUnshuffle) |
//! | `PoissonNLLLoss` | [`Var::poisson_nll_loss_with`](crate::autograd::Var::poisson_nll_loss_with) |
//! | `PReLU` | [`nn::PRelu`](crate::nn::PRelu) |
//! | `ReflectionPad1d` | [`nn::ReflectionPad1d`](crate::nn::ReflectionPad1d) |
//! | `ReflectionPad2d` | [`nn::ReflectionPad2d`](crate::nn::ReflectionPad2d) |
//! | `ReflectionPad3d` | [`nn::ReflectionPad3d`](crate::nn::ReflectionPad3d) |
//! | `ReLU` | [`nn::Relu`](crate::nn::Relu) |
//! | `ReLU6` | [`nn::Relu6`](crate::nn::Relu6) |
//! | `ReplicationPad1d` | [`nn::ReplicationPad1d`](crate::nn::ReplicationPad1d) |
//! | `ReplicationPad2d` | [`nn::ReplicationPad2d`](crate::nn::ReplicationPad2d) |
//! | `ReplicationPad3d` | [`nn::ReplicationPad3d`](crate::nn::ReplicationPad3d) |
//! | `RMSNorm` | [`nn::RmsNorm`](crate::nn::RmsNorm) |
//! | `RNN` | [`nn::Rnn`](crate::nn::Rnn) |
//! | `RNNCell` | [`nn::RnnCell`](crate::nn::RnnCell) |
//! | `RReLU` | [`nn::RRelu`](crate::nn::RRelu) |
//! | `SELU` | [`nn::Selu`](crate::nn::Selu) |
//! | `Sequential` | [`nn::Sequential`](crate::nn::Sequential) |
//! | `Sigmoid` | [`nn::Sigmoid`](crate::nn::Sigmoid) |
//! | `SiLU` | [`nn::Silu`](crate::nn::Silu) |
//! | `SmoothL1Loss` | [`Var::smooth_l1_loss_with`](crate::autograd::Var::smooth_l1_loss_with) |
//! | `SoftMarginLoss` | [`Var::soft_margin_loss_with`](crate::autograd::Var::soft_margin_loss_with) |
//! | `Softmax`, `Softmax2d` | [`nn::Softmax`](crate::nn::Softmax) |
//! | `Softmin` | [`nn::Softmin`](crate::nn::Softmin) |
//! | `Softplus` | [`nn::Softplus`](crate::nn::Softplus) |
//! | `Softshrink` | [`nn::Softshrink`](crate::nn::Softshrink) |
//! | `Softsign` | [`nn::Softsign`](crate::nn::Softsign) |
//! | `Tanh` | [`nn::Tanh`](crate::nn::Tanh) |
//! | `Tanhshrink` | [`nn::Tanhshrink`](crate::nn::Tanhshrink) |
//! | `Threshold` | [`nn::Threshold`](crate::nn::Threshold) |
//! | `Transformer` | [`nn::Transformer`](crate::nn::Transformer) |
//! | `TransformerDecoder` | [`nn::TransformerDecoder`](crate::nn::TransformerDecoder) |
//! | `TransformerDecoderLayer` | [`nn::TransformerDecoderLayer`](crate::nn::TransformerDecoderLayer) |
//! | `TransformerEncoder` | [`nn::TransformerEncoder`](crate::nn::TransformerEncoder) |
//! | `TransformerEncoderLayer` | [`nn::TransformerEncoderLayer`](crate::nn::TransformerEncoderLayer) |
//! | `TripletMarginLoss` | [`Var::triplet_margin_loss_with`](crate::autograd::Var::triplet_margin_loss_with) |
//! | `Unflatten` | [`nn::Unflatten`](crate::nn::Unflatten) |
//! | `Unfold` | [`nn::Unfold`](crate::nn::Unfold) |
//! | `Upsample`, `UpsamplingBilinear2d`, `UpsamplingNearest2d` | [`nn::Upsample`](crate::nn::Upsample) |
//! | `ZeroPad1d` | [`nn::ZeroPad1d`](crate::nn::ZeroPad1d) |
//! | `ZeroPad2d` | [`nn::ZeroPad2d`](crate::nn::ZeroPad2d) |
//! | `ZeroPad3d` | [`nn::ZeroPad3d`](crate::nn::ZeroPad3d) |
//!
//! | no counterpart in `torch.nn` | why |
//! |---|---|
//! | `LinearCrossEntropyLoss` | `linear` and `cross_entropy` in a row |
//! | `RNNBase` | a base class; `nn::Rnn`, `nn::Lstm`, `nn::Gru` |
//! | `RNNCellBase` | a base class; `nn::RnnCell`, `nn::LstmCell`, `nn::GruCell` |
//! | `NLLLoss2d` | an old name of `NLLLoss` |
//! | `TripletMarginWithDistanceLoss` | any distance is a function of `Var`: `(d(a, p) - d(a, n) + margin).relu().mean()` |
//! | `AdaptiveLogSoftmaxWithLoss` | clusters of rare words; not offered |
//! | `DataParallel` | one process with several devices; there is one device here |
//! | `LinearCrossEntropyOptions` | options of `LinearCrossEntropyLoss` |
//! | `Container` | replaced by `Sequential`, lists and dictionaries in PyTorch too |
//! | `LazyBatchNorm1d`, `LazyBatchNorm2d`, `LazyBatchNorm3d`, `LazyConv1d`, `LazyConv2d`, `LazyConv3d` | sizes are given when a layer is made |
//! | `LazyConvTranspose1d`, `LazyConvTranspose2d`, `LazyConvTranspose3d`, `LazyInstanceNorm1d`, `LazyInstanceNorm2d`, `LazyInstanceNorm3d` | sizes are given when a layer is made |
//! | `LazyLinear`, `UninitializedBuffer`, `UninitializedParameter` | sizes are given when a layer is made |
//! | `SyncBatchNorm` | statistics across processes belong to data-parallel training |
//! | `CrossMapLRN2d` | the name of `LocalResponseNorm` in Lua Torch; use `nn::LocalResponseNorm` |
//!
//! ## Initialisers
//!
//! | `torch.nn.init` | gradus |
//! |---|---|
//! | `calculate_gain` | [`nn::init::Gain`](crate::nn::init::Gain) |
//! | `constant_` | [`Tensor::full`](crate::tensor::Tensor::full) |
//! | `dirac_` | [`nn::init::dirac`](crate::nn::init::dirac) |
//! | `eye_` | [`nn::init::eye`](crate::nn::init::eye) |
//! | `kaiming_normal_` | [`nn::init::kaiming_normal`](crate::nn::init::kaiming_normal) |
//! | `kaiming_uniform_` | [`nn::init::kaiming_uniform`](crate::nn::init::kaiming_uniform) |
//! | `normal_` | [`Tensor::normal`](crate::tensor::Tensor::normal) |
//! | `ones_` | [`Tensor::ones`](crate::tensor::Tensor::ones) |
//! | `orthogonal_` | [`nn::init::orthogonal`](crate::nn::init::orthogonal) |
//! | `sparse_` | [`nn::init::sparse`](crate::nn::init::sparse) |
//! | `trunc_normal_` | [`nn::init::trunc_normal`](crate::nn::init::trunc_normal) |
//! | `uniform_` | [`Tensor::uniform`](crate::tensor::Tensor::uniform) |
//! | `xavier_normal_` | [`nn::init::xavier_normal`](crate::nn::init::xavier_normal) |
//! | `xavier_uniform_` | [`nn::init::xavier_uniform`](crate::nn::init::xavier_uniform) |
//! | `zeros_` | [`Tensor::zeros`](crate::tensor::Tensor::zeros) |
