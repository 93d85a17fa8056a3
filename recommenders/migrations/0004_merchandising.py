import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('experiments', '0012_count_dropped_slates'),
        ('recommenders', '0003_age_of_items_known_before'),
    ]

    operations = [
        migrations.CreateModel(
            name='MerchandisingRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='What the shop wants with it.', max_length=200)),
                ('kind', models.CharField(choices=[('pin', 'Pin: always at this rank'), ('boost', 'Boost: further up, by a factor'), ('bury', 'Bury: after everything else'), ('block', 'Block: never shown')], max_length=8)),
                ('target', models.CharField(choices=[('item', 'One item, by its id'), ('category', 'All of a category'), ('brand', 'All of a brand')], default='item', max_length=8)),
                ('value', models.CharField(help_text='The item’s id, category or brand, as the catalogue has it.', max_length=256)),
                ('rank', models.PositiveSmallIntegerField(blank=True, help_text='Of a pin: 1 is the first place, 100 the last.', null=True)),
                ('factor', models.FloatField(blank=True, help_text='Of a boost: what the distance above the weakest item is multiplied by; above 0, at most 100. Below 1 it weakens.', null=True)),
                ('starts_at', models.DateTimeField(blank=True, help_text='Empty: at once.', null=True)),
                ('ends_at', models.DateTimeField(blank=True, help_text='Empty: until it is taken out.', null=True)),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('placement', models.ForeignKey(blank=True, help_text='Empty: on every placement of the site.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='experiments.placement')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='merchandising_rules', to='experiments.site')),
            ],
            options={
                'ordering': ['site', 'name', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('kind', 'pin'), _negated=True), models.Q(('rank__gte', 1), ('rank__isnull', False), ('rank__lte', 100), ('target', 'item')), _connector='OR'), name='rule_pin_has_item_and_rank'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'boost'), _negated=True), models.Q(('factor__gt', 0), ('factor__isnull', False), ('factor__lte', 100.0)), _connector='OR'), name='rule_boost_has_factor'), models.CheckConstraint(condition=models.Q(('starts_at', None), ('ends_at', None), ('starts_at__lt', models.F('ends_at')), _connector='OR'), name='rule_in_force_for_a_while')],
            },
        ),
        migrations.CreateModel(
            name='StaticList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('item_ids', models.JSONField(default=list, help_text='Ids of items, best first, e.g. ["sku-1", "sku-7"].')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('placement', models.ForeignKey(blank=True, help_text='Empty: wherever a placement has no list of its own.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='experiments.placement')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='static_lists', to='experiments.site')),
            ],
            options={
                'ordering': ['site', 'name', 'id'],
                'constraints': [models.UniqueConstraint(fields=('site', 'placement'), name='static_list_per_placement'), models.UniqueConstraint(condition=models.Q(('placement', None)), fields=('site',), name='static_list_of_site')],
            },
        ),
    ]
