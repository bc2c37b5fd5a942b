package doorstep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import doorstep.names.AreaId;
import doorstep.names.AssetId;
import doorstep.testkit.Street;
import java.io.File;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The entry points that block, as Java calls them. */
class FromJavaTest {
    @Test
    void aFolderIsOpenedWrittenAndReadAgain(@TempDir File folder) {
        try (BlockingDoorstep phone = BlockingDoorstep.open(folder, null, "m".getBytes())) {
            phone.setDraft("where", "三楼");
            assertNull(phone.enrolled());
            DoorstepException error = assertThrows(DoorstepException.NotEnrolled.class, phone::counters);
            assertEquals("call.not_enrolled", error.getCode());
        }
        try (BlockingDoorstep phone = BlockingDoorstep.open(folder, null, "m".getBytes())) {
            assertEquals("三楼", phone.draft("where"));
        }
    }

    @Test
    void anEveningInTheStreet() {
        try (Street street = new Street(Instant.parse("2026-11-25T11:00:00Z"));
                BlockingDoorstep phone = new BlockingDoorstep(street.blankPhone())) {
            phone.enrol(street.invitation());
            phone.sync(street.getLink());
            AssetId bottle = street.getPlaces().getBottles().get(0);
            Round round = new Round.Plan(street.getPlaces().getPlan());
            NewLook look = new NewLook(bottle, Seen.Missing.INSTANCE, "不在", List.of(), null);
            Tap tap = Doorstep.tap();
            assertEquals(phone.check(round, look, tap), phone.check(round, look, tap));
            AssetPage page = phone.asset(bottle);
            assertEquals(Seen.Missing.INSTANCE, page.getAsset().getResult());
            assertEquals("不在", page.getHistory().get(0).getNote());
            AreaId area = phone.areas().get(0);
            assertEquals(24, phone.assets(area, new AssetFilter("alarm.smoke", null, null)).getRows().size());
        }
    }
}
