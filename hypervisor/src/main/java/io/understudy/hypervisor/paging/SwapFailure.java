package io.understudy.hypervisor.paging;

/**
 * A page cannot be brought in, or another one out for it: the swap file failed. No page is lost by
 * it; whoever needed the page cannot go on.
 */
public final class SwapFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SwapFailure(String message) {
        super(message);
    }

    public SwapFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
