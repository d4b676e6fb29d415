package io.understudy.vmx.execute;

/** An operation on registers and flags alone, which can neither fault nor change memory. */
abstract class RegisterOp extends Op {}
