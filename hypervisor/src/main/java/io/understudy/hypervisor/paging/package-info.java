/** How a machine's memory is paged, and what that did: what users of a machine see of its pager. */
@NullMarked
package io.understudy.hypervisor.paging;

import org.jspecify.annotations.NullMarked;
