package io.understudy.drills.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.drills.process.StopAtPoint.Place;
import io.understudy.replication.KillPoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class StopAtPointTest {
    @ParameterizedTest
    @EnumSource
    void aPlaceIsReadAsItIsWritten(KillPoint point) {
        Place place = new Place(point, 57);
        assertThat(Place.parse(place.toString())).contains(place);
    }

    @Test
    void withoutAnEpochTheFirstOneCounts() {
        assertThat(Place.parse("before-release")).contains(new Place(KillPoint.BEFORE_RELEASE, 0));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                "before-release:",
                "before-release:-1",
                "before-release:x",
                "before-lunch:3",
                "BEFORE_RELEASE:3",
                "before-release:99999999999999999999"
            })
    void whatIsNoPlaceIsRefused(String text) {
        assertThat(Place.parse(text)).isEmpty();
    }
}
