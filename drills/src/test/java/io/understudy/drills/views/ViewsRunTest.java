package io.understudy.drills.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.understudy.drills.cost.CostLevel;
import io.understudy.drills.cost.CostParameter;
import io.understudy.drills.cost.CostTable;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.SystemHostClock;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.view.SharingMethod;
import io.understudy.hypervisor.view.ViewEvent.Kind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ViewsRunTest {
    private static final VirtualMachineConfig MACHINE =
            VirtualMachineConfig.of(4 << 20).withDirtyLog(DirtyLogMode.NONE);

    private static ViewsPlan plan(String windowGuest, DirtyLogMode log, boolean isOneUnit)
            throws Exception {
        return new ViewsPlan(
                MACHINE,
                GuestImage.builtIn(windowGuest),
                MACHINE.withDirtyLog(log),
                MACHINE.withDirtyLog(log),
                GuestImage.builtIn("exchange"),
                isOneUnit,
                16,
                List.of(SharingMethod.values()),
                CostTable.builtIn(),
                200_000_000);
    }

    private static ViewsResult run(ViewsPlan plan) throws Exception {
        return ViewsRun.run(plan, new SystemHostClock(), () -> false, words -> {});
    }

    @Test
    void theWindowHoldsAndOnlyTheViewHasNoExits() throws Exception {
        List<String> heard = new ArrayList<>();
        ViewsResult result =
                ViewsRun.run(
                        plan("window", DirtyLogMode.NONE, true),
                        new SystemHostClock(),
                        () -> false,
                        heard::add);
        assertThat(result.broken()).isEmpty();
        assertThat(heard).hasSize(4);
        WindowResult window = result.window();
        assertThat(window.readsInside()).isGreaterThan(10);
        assertThat(window.readsOutside()).isZero();
        for (Kind kind : Kind.values()) {
            if (kind != Kind.BUFFER_OUTSIDE) {
                assertThat(window.counts().get(kind)).as(kind.word()).isPositive();
            }
        }
        assertThat(window.vmfuncs()).isGreaterThanOrEqualTo(2 * window.windows());
        assertThat(window.entries())
                .isNotEmpty()
                .allSatisfy(e -> assertThat(e.toVirtualNs()).isGreaterThan(e.fromVirtualNs()));
        ExchangeResult view = result.exchanges().get(0);
        ExchangeResult copy = result.exchanges().get(1);
        ExchangeResult grant = result.exchanges().get(2);
        assertThat(view.exitCount()).isZero();
        assertThat(view.switches()).isGreaterThan(2 * view.packets());
        assertThat(copy.exitCount()).isGreaterThanOrEqualTo(copy.packets() - 64);
        assertThat(grant.exitCount()).isGreaterThanOrEqualTo(2 * grant.packets() - 4);
        assertThat(view.model().typicalUs()).isLessThan(copy.model().typicalUs());
        assertThat(copy.model().typicalUs()).isLessThan(grant.model().typicalUs());
    }

    @Test
    void aProtectedPairIsOneUnitAndLosesNothing() throws Exception {
        ViewsResult result = run(plan("window", DirtyLogMode.PML, true));
        assertThat(result.broken()).isEmpty();
        assertThat(result.exchanges())
                .allSatisfy(e -> assertThat(e.epochs()).isPositive())
                .allSatisfy(e -> assertThat(e.pagesMissed()).isZero());
    }

    @Test
    void eachByItselfIsRefusedBeforeAnythingRuns() {
        assertThatThrownBy(() -> run(plan("window", DirtyLogMode.PML, false)))
                .isInstanceOf(MachineSetupException.class)
                .hasMessageContaining("output gate");
    }

    @Test
    void aGuestWithoutWindowIsABrokenRun() throws Exception {
        ViewsResult result = run(plan("counter", DirtyLogMode.NONE, true));
        assertThat(result.broken()).contains("the guest never asked for a secret window");
    }

    @Test
    void modelledTimeIsCountsTimesPrices() {
        CostTable costs = CostTable.builtIn();
        double exitNs = costs.prices(CostLevel.LOW).of(CostParameter.EXIT);
        double switchNs = costs.prices(CostLevel.LOW).of(CostParameter.VMFUNC);
        ExchangeModel model = ExchangeModel.of(costs, 2, 100, 10, 0, 0);
        assertThat(model.lowUs()).isCloseTo((100 * exitNs + 10 * switchNs) / 2000, within(1e-9));
        assertThat(ExchangeModel.of(costs, 0, 1, 1, 1, 1).highUs()).isZero();
    }
}
